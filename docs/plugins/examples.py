"""Docstrings say `Example:` where the documentation's parser expects `Examples:`."""

import re

import griffe


class Examples(griffe.Extension):
    """Makes an `Example:` a section of code with its output."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Renames the section in one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(
                r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE
            )
