"""The page put together: figures, tables and words into one HTML text."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from consilience.report import answers, words
from consilience.report.artefacts import Run, StudyFile
from consilience.report.facts import head
from consilience.report.pictures import pictures


def page(run: Run) -> str:
    """The report of a run as one HTML document that needs nothing else.

    Args:
        run: The artefacts.

    Returns:
        The document.
    """
    environment = _environment()
    script = _source(environment, "report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    content: dict[str, Any] = {
        "study": run.study,
        "metric": words.metric_name(run.study.plan.metric),
        "style": Markup(_source(environment, "report.css")),  # noqa: S704  our own file
        "script": Markup(script),  # noqa: S704  our own file
        "script_hash": digest,
        "head": head(run.study),
        "classes": _classes(run.study),
        "other": _other(run.study),
    }
    drawn = pictures(run)
    content |= {
        "figures": drawn.figures,
        "confusions": drawn.confusions,
        "answers": {
            **drawn.told,
            "data": answers.data_answer(run.study),
            "audit": answers.audit_answer(run.study.audit),
            "how": answers.how_answer(run.study),
        },
    }
    content["contents"] = _contents(content)
    return environment.get_template("report.html.j2").render(content)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("consilience.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "signed": words.signed,
        "p_value": words.p_value,
        "percent": words.percent,
        "seconds": words.seconds,
        "heading": _heading,
    }
    known: dict[str, Any] = environment.globals
    known["interval"] = words.interval
    return environment


def _heading(metric: str) -> str:
    return words.capitalised(words.metric_name(metric))


def _source(environment: Environment, name: str) -> str:
    if environment.loader is None:
        return ""
    return environment.loader.get_source(environment, name)[0]


def _classes(study: StudyFile) -> list[tuple[str, int, float]]:
    target = study.data.target
    if target.classes is None or target.counts is None:
        return []
    total = max(sum(target.counts), 1)
    return [(n, c, c / total) for n, c in zip(target.classes, target.counts, strict=False)]


def _other(study: StudyFile) -> dict[str, Any]:
    metrics = [name for name in study.other_metrics if name != study.plan.metric]
    rows = [
        (row.method, [study.other_metrics[name].get(row.method) for name in metrics])
        for row in study.table
    ]
    return {"metrics": metrics, "rows": rows}


def _contents(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    figures = content["figures"]
    shown = [
        (True, "methods", "Which method predicts best?"),
        (figures["gain"], "gain", "Is fusing worth it?"),
        (figures["interactions"], "interactions", "Are interactions worth modelling?"),
        (figures["folds"], "folds", "Does it hold in every fold?"),
        (figures["errors"] or content["confusions"], "errors", "Where does the best model err?"),
        (figures["reliability"], "reliability", "Can its probabilities be trusted?"),
        (True, "data", "What are the data?"),
        (True, "audit", "What should you know about the data?"),
        (content["other"]["metrics"], "metrics", "What do other metrics say?"),
        (True, "how", "How was this done?"),
    ]
    return [(key, question) for present, key, question in shown if present]
