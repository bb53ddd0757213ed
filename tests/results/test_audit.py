from consilience.results import AuditReport, Finding

GRAVE = Finding("error", "one_class", "target", "all samples are 'a'", "collect others")
MILD = Finding("warning", "constant_column", "labs.x", "is 1 <everywhere>", "")


def test_only_errors_make_it_not_ok() -> None:
    assert not AuditReport((GRAVE, MILD), 9).ok
    assert AuditReport((MILD,), 9).ok
    assert AuditReport((), 9).ok


def test_it_counts_and_tells_with_fixes() -> None:
    told = str(AuditReport((GRAVE, MILD, MILD), 9))
    assert told.splitlines() == [
        "9 samples: 1 error, 2 warnings",
        "error   target: all samples are 'a'",
        "        fix: collect others",
        "warning labs.x: is 1 <everywhere>",
        "warning labs.x: is 1 <everywhere>",
    ]
    assert str(AuditReport((), 9)) == "9 samples: nothing to report."


def test_html_is_escaped() -> None:
    html = AuditReport((MILD,), 9)._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "is 1 &lt;everywhere&gt;" in html
    assert "<everywhere>" not in html


def test_findings_as_dictionaries() -> None:
    assert AuditReport((GRAVE,), 9).to_dicts()[0]["code"] == "one_class"
