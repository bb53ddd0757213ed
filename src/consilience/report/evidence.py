"""What stands behind the verdict: informations and robustness, where the run has them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

from consilience.errors import DataError
from consilience.report.decoding import decode, read_json
from consilience.results import Interactions, Learning, Recommendation, Robustness

Found = TypeVar("Found")


@final
@dataclass(frozen=True, slots=True)
class Explanation:
    """What `study.json` says about the examination that stands behind the verdict.

    Attributes:
        examined: The fusion method whose models were examined.
        interactions_lacking: Why there is no `interactions.json`; None if there is one.
        robustness_lacking: Why there is no `robustness.json`; None if there is one.
        learning_lacking: Why there is no `learning.json`; None if there is one.
    """

    examined: str
    interactions_lacking: str | None = None
    robustness_lacking: str | None = None
    learning_lacking: str | None = None


@final
@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured beside the comparison.

    Attributes:
        examined: The fusion method whose models were examined; None if not recorded.
        interactions: What the modalities tell; None if the run does not have it.
        interactions_lacking: Why not, in words; None for runs of before it was measured.
        recommendation: The family of methods that the informations spoke for in the study.
        robustness: How the score stands up to noise and absence; None if lacking.
        robustness_lacking: Why not, in words; None for runs of before it was measured.
        learning: How the modalities were learnt, and what the fusion makes of them.
        learning_lacking: Why not, in words; None for runs of before it was measured.
    """

    examined: str | None = None
    interactions: Interactions | None = None
    interactions_lacking: str | None = None
    recommendation: Recommendation | None = None
    robustness: Robustness | None = None
    robustness_lacking: str | None = None
    learning: Learning | None = None
    learning_lacking: str | None = None


@final
@dataclass(frozen=True, slots=True)
class _Advised:
    """The part of `interactions.json` that is said in words."""

    recommendation: Recommendation | None = None


def read_evidence(folder: Path, said: Explanation | None) -> Evidence:
    """Reads `interactions.json`, `robustness.json` and `learning.json`, all optional.

    Where `study.json` gives a reason for lacking a file, the reason holds.

    Args:
        folder: The run folder.
        said: What `study.json` says about them; None for older runs.

    Returns:
        What is there, with reasons for what is not.

    Raises:
        DataError: If a file cannot be read.
    """
    known = said is not None
    path = folder / "interactions.json"
    reason = said.interactions_lacking if said else None
    told, told_lacking = _optional(Interactions, path, reason)
    advised, _ = _optional(_Advised, path, reason)
    stands, stands_lacking = _optional(
        Robustness, folder / "robustness.json", said.robustness_lacking if said else None
    )
    learnt, learnt_lacking = _optional(
        Learning, folder / "learning.json", said.learning_lacking if said else None
    )
    older = learnt is None and (said is None or said.learning_lacking is None)
    if told is not None and not told.pairs:
        told, told_lacking = None, "there is no pair of modalities."
    if stands is not None:
        _check_curves(stands)
    return Evidence(
        examined=said.examined if said else None,
        interactions=told,
        interactions_lacking=told_lacking if known else None,
        recommendation=advised.recommendation if told and advised else None,
        robustness=stands,
        robustness_lacking=stands_lacking if known else None,
        learning=learnt,
        learning_lacking=None if older else learnt_lacking,
    )


def _optional(
    kind: type[Found], path: Path, reason: str | None
) -> tuple[Found | None, str | None]:
    if reason is not None:
        return None, reason
    if not path.is_file():
        return None, f"the run folder has no {path.name}."
    found: Any = decode(kind, read_json(path), path.name)
    return found, None


def _check_curves(found: Robustness) -> None:
    for i, curve in enumerate(found.curves):
        counts = {len(curve.levels), len(curve.scores)}
        counts |= {len(curve.calibration)} if curve.calibration else set()
        if len(counts) > 1 or not all(map(math.isfinite, curve.levels)):
            raise DataError(
                f"robustness.json.curves[{i}] has {len(curve.levels)} levels and "
                f"{len(curve.scores)} scores; each level, a number, needs its score."
            )
