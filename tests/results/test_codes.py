"""Dependence of codes reads, prints and travels as plain values."""

import json

import pytest

from consilience.errors import ModalityError
from consilience.results.codes import CodeDependence, CodePair

ROWS = (
    CodePair("shared of <a>", "private of <a>", 0.01, 0.3, 0.02, 0.005),
    CodePair("private of <a>", "private of b", 0.001, 0.02, 0.021, 0.6),
)
FOUND = CodeDependence(ROWS, 200)


def test_pairs_are_found_in_any_order_and_wrong_names_are_told() -> None:
    assert FOUND["private of b", "private of <a>"] is ROWS[1]
    assert [row.is_dependent for row in FOUND] == [True, False]
    assert len(FOUND) == 2
    with pytest.raises(ModalityError, match="did you mean 'private of <a> & private of b'"):
        FOUND["private of <a>", "private of c"]


def test_it_prints_and_escapes() -> None:
    lines = str(FOUND).splitlines()
    assert lines[0] == "dependence of codes (HSIC, 1 the same), 200 samples"
    assert " ".join(lines[2].split()) == "shared of <a> & private of <a> 0.300 0.020 0.005"
    html = FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "<td>private of &lt;a&gt; &amp; private of b</td><td>0.020</td>" in html


def test_it_travels_as_plain_values() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict(), allow_nan=False))
    assert plain["samples"] == 200
    assert plain["rows"][1]["p_value"] == 0.6
