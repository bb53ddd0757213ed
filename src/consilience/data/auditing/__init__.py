"""The checks of an audit, one subject a file."""
