"""The command line; nothing heavy is imported until a command runs."""

from consilience.cli.main import main

__all__ = ["main"]
