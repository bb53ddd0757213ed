import pytest

from consilience.results import ComparisonTable, Contrast, MethodRow, Verdict

BEST = MethodRow("low_rank", "fusion", 0.9, 0.85, 0.95, 0.1, 0.05, 0.15, 0.012, 1.5)
ALONE = MethodRow("a<b", "unimodal", 0.8, 0.75, 0.85, 0.0, 0.0, 0.0, None, 1.0)
TABLE = ComparisonTable((BEST, ALONE), "auroc", higher_is_better=True)


def test_rows_by_position_and_name_columns_by_name() -> None:
    assert len(TABLE) == 2
    assert list(TABLE) == [BEST, ALONE]
    assert TABLE[0] is BEST
    assert TABLE[1:] == (ALONE,)
    assert TABLE["estimate"] == [0.9, 0.8]
    assert TABLE.row("low_rank")["delta_low"] == 0.05
    with pytest.raises(KeyError, match="nope"):
        TABLE.row("nope")


def test_dictionaries_round_trip() -> None:
    assert tuple(MethodRow(**d) for d in TABLE.to_dicts()) == TABLE.rows


def test_the_printed_table_lines_up() -> None:
    head, first, second = str(TABLE).splitlines()
    assert first.startswith("low_rank  fusion        0.900  [0.850, 0.950]")
    assert first.endswith("+0.100 [+0.050, +0.150]  p 0.012")
    assert second.endswith("+0.000 [+0.000, +0.000]")
    assert head.index("auroc") + len("auroc") == first.index("0.900") + len("0.900")


def test_html_is_escaped() -> None:
    assert "<td>a&lt;b</td>" in TABLE.to_html()
    assert TABLE.to_html().count("<tr>") == 3


def test_a_verdict_prints_its_paragraph() -> None:
    contrast = Contrast("low_rank", "additive", 0.1, 0.0, 0.2, 0.04)
    verdict = Verdict("helps", "Fusing helps.", "low_rank", "a<b", "found", (contrast,))
    assert str(verdict) == "Fusing helps."
    assert verdict.samples_needed is None


def test_a_tiny_p_is_not_said_to_be_zero() -> None:
    row = MethodRow("gated", "fusion", 0.9, 0.8, 1.0, 0.1, 0.05, 0.15, 0.0001, seconds=1.0)
    assert "p <0.001" in str(ComparisonTable((row,), "auroc", True))
