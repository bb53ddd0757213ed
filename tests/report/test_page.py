"""The page is complete, escapes whatever names hold, and allows nothing from outside."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from consilience.report.artefacts import read_run
from consilience.report.page import page
from consilience.report.words import bits, bits_interval, interval, p_value

WriteRun = Callable[..., Path]
VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """Elements, ids, links and text of a page; fails where tags do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in {"style", "script"}:
            self.text.append(data)

    def close(self) -> None:
        super().close()
        assert not self._open

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


def outline(path: Path) -> Outline:
    parser = Outline()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    return parser


def test_every_tag_closes_and_every_id_is_unique(report: Path) -> None:
    ids = outline(report).values("id")
    assert len(ids) == len(set(ids))


def test_links_lead_inside_the_page(report: Path) -> None:
    found = outline(report)
    targets = {value.removeprefix("#") for value in found.values("href") if value != "data:,"}
    assert targets <= set(found.values("id"))
    assert {"methods", "data", "how"} <= targets


def test_nothing_is_fetched(report: Path) -> None:
    found = outline(report)
    assert not found.values("src")
    assert not found.tags.keys() & {"img", "iframe", "object", "embed", "base", "form"}
    text = report.read_text(encoding="utf-8")
    assert not re.findall(r"https?://", text)
    assert "@import" not in text
    assert not re.findall(r"url\((?!#)", text)


def test_the_policy_allows_this_script_and_no_other(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"


def test_every_figure_has_alternative_text(report: Path) -> None:
    found = outline(report)
    figures = found.values("class").count("figure")
    assert figures >= 6
    assert found.tags["desc"] == found.values("role").count("img") == figures


def test_hostile_names_stay_text(rendered: Callable[[str], Path]) -> None:
    found = outline(rendered("hostile"))
    assert found.tags["script"] == 1
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    text = "".join(found.text)
    for words in (
        "<script>alert('name')</script>",
        "<script>alert(1)</script>",
        "</td><script>alert(3)</script>",
        "<script>alert(6)</script>",
        "<b>yes</b>",
        '$\\frac{a}{b}$ & "quoted" -->',
    ):
        assert words in text


def test_the_page_says_what_the_study_says(rendered: Callable[[str], Path]) -> None:
    path = rendered("watch")
    study = read_run(path.parent).study
    text = " ".join("".join(outline(path).text).split())
    assert "Fusing helps" in text
    assert study.verdict.paragraph in text
    assert study.command in text
    assert "Fix: Collect more subjects" in text
    assert "sequence of 200 steps, 3 channels" in text
    for row in study.table:
        assert f"{row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}]" in text
        other = study.other_metrics["log_loss"][row.method]
        assert f"{other.estimate:.3f} [{other.low:.3f}, {other.high:.3f}]" in text


@pytest.mark.parametrize("name", ["nutrimouse diet", "length of stay", "watch", "forty classes"])
def test_headings_are_the_contents(name: str, rendered: Callable[[str], Path]) -> None:
    text = rendered(name).read_text(encoding="utf-8")
    headings = re.findall(r"<h2>(.*?)</h2>", text)
    assert headings == re.findall(r'<li><a href="#[a-z]+">(.*?)</a></li>', text)


def test_a_metric_that_a_method_lacks_is_shown_as_such(write_run: WriteRun) -> None:
    def change(study: dict[str, Any]) -> None:
        del study["other_metrics"]["log_loss"]["gene"]

    text = page(read_run(write_run("nutrimouse diet", change)))
    assert '<td class="n" data-value="nan">—</td></tr>' in text


def test_the_metric_of_the_verdict_is_not_among_the_others(write_run: WriteRun) -> None:
    run = read_run(write_run("nutrimouse diet"))
    assert "accuracy" in run.study.other_metrics
    others = page(run).split('id="metrics"')[1].split("</thead>")[0]
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', others) == ["Method", "Log loss"]


def test_a_study_from_python_has_no_command_and_may_have_no_name(write_run: WriteRun) -> None:
    def change(study: dict[str, Any]) -> None:
        study["command"] = study["name"] = ""

    text = page(read_run(write_run("nutrimouse diet", change)))
    assert "This command does it again" not in text
    assert "<pre>" not in text
    assert "<title>Consilience study: Fusing does not help</title>" in text


TELLS = "What do the modalities tell, alone and together?"
LEANS = "What does the model lean on, and what if a modality is noisy or absent?"
LEARNT = "How was each modality learnt, and are they combined?"


def headings(text: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", text)


def test_the_explanation_follows_the_interactions(rendered: Callable[[str], Path]) -> None:
    found = headings(rendered("watch").read_text(encoding="utf-8"))
    place = found.index("Are interactions worth modelling?")
    assert found[place + 1 : place + 5] == [TELLS, LEANS, LEARNT, "Does it hold in every fold?"]


def test_a_run_of_before_leaves_the_explanation_out(rendered: Callable[[str], Path]) -> None:
    text = rendered("nutrimouse diet").read_text(encoding="utf-8")
    assert not {TELLS, LEANS} & set(headings(text))
    assert 'href="#information"' not in text


def test_a_run_that_lacks_the_explanation_says_why(rendered: Callable[[str], Path]) -> None:
    path = rendered("forty classes")
    assert {TELLS, LEANS, LEARNT} <= set(headings(path.read_text(encoding="utf-8")))
    text = " ".join("".join(outline(path).text).split())
    assert f"{TELLS} This could not be told: too few rows." in text
    assert f"{LEANS} This could not be examined: one label at most." in text


def test_the_page_says_what_the_explanation_says(rendered: Callable[[str], Path]) -> None:
    path = rendered("mfeat-pairs")
    found = read_run(path.parent).evidence
    text = " ".join("".join(outline(path).text).split())
    assert found.interactions is not None
    assert found.robustness is not None
    html = path.read_text(encoding="utf-8").split('id="information"')[1]
    cells = re.sub(r"<[^>]+>", " ", html.split("<tbody>")[1])
    for q in found.interactions.pairs[0].quantities.values():
        row = f"{bits_interval(q.low, q.high)} {bits(q.null_high)} {p_value(q.p_value)} 620"
        assert row in " ".join(cells.split())
    for pattern in found.robustness.patterns:
        for one in (pattern.score, pattern.loss):
            assert interval(one.low, one.high) in text
    for curve in found.robustness.curves:
        for one in (*curve.scores, *curve.calibration):
            assert interval(one.low, one.high) in text
    assert "BewareFew rows." in text
    assert "Intervals rest on 10 samples or groups." in text


def test_without_nulls_there_is_no_column_of_them(rendered: Callable[[str], Path]) -> None:
    assert "Permuted 95 %" in rendered("mfeat-pairs").read_text(encoding="utf-8")
    assert "Permuted 95 %" not in rendered("watch").read_text(encoding="utf-8")


def test_each_modality_stands_against_the_rest(rendered: Callable[[str], Path]) -> None:
    text = rendered("length of stay").read_text(encoding="utf-8")
    table = text.split('id="information"')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', table)
    assert len(rows) == (6 + 4) * 7 + 1
    assert rows.count("ecg and the rest") == 7
