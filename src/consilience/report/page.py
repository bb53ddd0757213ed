"""The page put together: figures, tables and words into one HTML text."""

import base64
import hashlib
import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from consilience.report import answers, information, leaning, learning, words
from consilience.report.artefacts import Run, StudyFile
from consilience.report.evidence import Evidence
from consilience.report.facts import head
from consilience.report.pictures import pictures

_TELLS = "What do the modalities tell, alone and together?"
_LEARNT = "How was each modality learnt, and are they combined?"
_LEANS = "What does the model lean on, and what if a modality is noisy or absent?"


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
        "evidence": run.evidence,
        "tables": _tables(run),
    }
    drawn = pictures(run)
    content |= {
        "figures": drawn.figures,
        "confusions": drawn.confusions,
        "labels": drawn.labels,
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
        "bits": words.bits,
        "pattern": leaning.pattern_name,
        "seconds": words.seconds,
        "heading": _heading,
    }
    known: dict[str, Any] = environment.globals
    known |= {"interval": words.interval, "bits_interval": words.bits_interval}
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
    total = max(study.data.rows if target.task == "multilabel" else sum(target.counts), 1)
    return [(n, c, c / total) for n, c in zip(target.classes, target.counts, strict=False)]


def _other(study: StudyFile) -> dict[str, Any]:
    metrics = [name for name in study.other_metrics if name != study.plan.metric]
    rows = [
        (row.method, [study.other_metrics[name].get(row.method) for name in metrics])
        for row in study.table
    ]
    return {"metrics": metrics, "rows": rows}


def _tables(run: Run) -> dict[str, Any]:
    """The numbers behind the figures of the explanation, with what to beware of."""
    told, stands = run.evidence.interactions, run.evidence.robustness
    learnt = run.evidence.learning
    rows = [] if told is None else information.information_rows(told)
    return {
        "information": rows,
        "permuted": any(math.isfinite(row.found.null_high) for row in rows),
        "reasons": [] if told is None else information.reasons(told),
        "patterns": [] if stands is None else leaning.ranked_patterns(stands),
        "noise": [] if stands is None else leaning.noise_rows(stands),
        "information_notes": [] if told is None else information.information_notes(told),
        "robustness_notes": [] if stands is None else leaning.robustness_notes(stands),
        "examined": None
        if stands is None
        else leaning.examined_answer(stands, run.study, run.evidence.examined),
        "overfitting": [] if learnt is None else learning.overfitting_rows(learnt.trainings),
        "use": [] if learnt is None else learning.use_rows(learnt),
        "calibrated": stands is not None and any(curve.calibration for curve in stands.curves),
    }


def _told(evidence: Evidence) -> tuple[bool, bool, bool]:
    """Whether there is something to say of informations, of robustness and of learning."""
    return (
        evidence.interactions is not None or evidence.interactions_lacking is not None,
        evidence.robustness is not None or evidence.robustness_lacking is not None,
        evidence.learning is not None or evidence.learning_lacking is not None,
    )


def _errs(content: Mapping[str, Any]) -> bool:
    return bool(content["figures"]["errors"] or content["confusions"] or content["labels"])


def _contents(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    figures = content["figures"]
    tells, leans, learns = _told(content["evidence"])
    shown = [
        (True, "methods", "Which method predicts best?"),
        (figures["gain"], "gain", "Is fusing worth it?"),
        (figures["interactions"], "interactions", "Are interactions worth modelling?"),
        (tells, "information", _TELLS),
        (leans, "robustness", _LEANS),
        (learns, "learning", _LEARNT),
        (figures["folds"], "folds", "Does it hold in every fold?"),
        (_errs(content), "errors", "Where does the best model err?"),
        (figures["reliability"], "reliability", "Can its probabilities be trusted?"),
        (True, "data", "What are the data?"),
        (True, "audit", "What should you know about the data?"),
        (content["other"]["metrics"], "metrics", "What do other metrics say?"),
        (True, "how", "How was this done?"),
    ]
    return [(key, question) for present, key, question in shown if present]
