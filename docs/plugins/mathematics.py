"""Formulas become MathML, which browsers draw without a script."""

import html
import re

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, **_: object) -> str:
    """A page with its formulas drawn.

    Args:
        content: The page, formulas marked by arithmatex.

    Returns:
        The page.
    """
    return FORMULA.sub(_mathml, content)


def _mathml(found: re.Match[str]) -> str:
    return convert(html.unescape(found[3]), display="inline" if found[2] == "(" else "block")
