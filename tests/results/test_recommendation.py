"""The dominant kind of information decides, if it is beyond doubt."""

import pytest

from consilience.results.quantity import Quantity
from consilience.results.recommendation import recommend


def _q(value: float, half: float = 0.02, p: float = 0.005) -> Quantity:
    return Quantity(float(value), value - half, value + half, 0.01, p)


def _atoms(r: float, u1: float, u2: float, s: float, half: float = 0.02) -> dict[str, Quantity]:
    names = ("redundancy", "unique_1", "unique_2", "synergy")
    return {n: _q(v, half) for n, v in zip(names, (r, u1, u2, s), strict=True)}


@pytest.mark.parametrize(
    ("atoms", "family"),
    [
        ((0.5, 0.0, 0.1, 0.1), "agreement"),
        ((0.1, 0.3, 0.3, 0.1), "additive"),
        ((0.1, 0.3, 0.3, 0.4), "interacting"),
        ((0.1, 0.0, 0.1, 0.5), "interacting"),
    ],
)
def test_the_dominant_kind_decides(atoms: tuple[float, float, float, float], family: str) -> None:
    found = recommend([_atoms(*atoms)])
    assert (found.family, found.clear) == (family, True)


def test_the_most_alike_measured_task_decides_and_is_told() -> None:
    found = recommend([_atoms(0.1, 0.3, 0.3, 0.4)])
    assert found.alike == found.to_dict()["alike"] == "a bit of each kind"
    assert found.evidence[0] == (
        "Unique leads (redundancy 0.100, unique 0.600, synergy 0.400 bits), but the others "
        "count too."
    )
    assert found.evidence[1] == (
        "Of the tasks on which every method was measured 'a bit of each kind' is most alike "
        "(shares differ by 0.61 of 2), where interacting methods were as good as any."
    )
    assert recommend([_atoms(0, 0, 0, 0)]).alike == ""


def test_noise_is_like_no_task_and_doubt_is_told() -> None:
    noise = recommend([_atoms(0.01, 0, 0, 0.03, half=0.1)])
    assert (noise.alike, len(noise.evidence)) == ("", 2)
    doubtful = recommend([_atoms(0.5, 0, 0, 0.45, half=0.1)])
    assert doubtful.alike == "a bit of each kind"
    assert doubtful.evidence[2].endswith("as good as any, but noise may have chosen it.")


def test_a_family_that_all_within_the_intervals_speak_for_needs_no_dominance() -> None:
    found = recommend([_atoms(1 / 3, 1 / 3, 0, 1 / 3)])
    assert (found.family, found.clear) == ("interacting", True)
    assert "but the others count too" in found.evidence[0]
    assert not recommend([_atoms(1 / 3, 1 / 3, 0, 1 / 3, half=0.25)]).clear


def test_intervals_that_speak_for_several_families_choose_none() -> None:
    found = recommend([_atoms(0.5, 0, 0, 0.45, half=0.1)])
    assert (found.family, found.clear) == ("additive", False)
    assert found.evidence[0] == (
        "Which kind of information counts is not clear (redundancy 0.500, unique 0.000, synergy "
        "0.450 bits): start simple."
    )
    assert "Some synergy is found too" in found.evidence[1]


def test_what_the_null_explains_is_not_found() -> None:
    atoms = _atoms(0, 0, 0, 0.3) | {"synergy": _q(0.3, p=0.4)}
    assert not recommend([atoms]).clear


def test_pairs_are_summed_and_lost_modalities_named() -> None:
    found = recommend([_atoms(0.2, 0, 0, 0.1), _atoms(0, 0, 0, 0.5)], coarse=("labs",))
    assert found.family == "interacting"
    assert found.methods == ("low_rank", "multiplicative", "concat")
    assert "Beware: clusters lose much of labs." in found.evidence
    assert found.to_dict()["clear"] is True
    assert str(found).startswith(
        "interacting (low_rank, multiplicative, concat): Synergy dominates (redundancy"
    )


def test_bits_of_several_pairs_are_told_as_their_mean() -> None:
    """Redundancy that six pairs share is not six times as much."""
    found = recommend([_atoms(0.5, 0.0, 0.1, 0.1), _atoms(0.7, 0.0, 0.1, 0.0)])
    assert found.evidence[0].startswith(
        "Redundancy dominates (redundancy 0.600, unique 0.100, synergy 0.050 bits, "
        "a pair on average):"
    )
