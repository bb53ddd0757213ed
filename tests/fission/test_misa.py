"""Shared codes alike, private codes unlike: over present rows only."""

import pytest
import torch

from consilience.fission.misa import difference_of, similarity_of
from consilience.functional.discrepancy import central_moment_discrepancy
from consilience.functional.independence import difference_loss


def codes(rows: int = 20) -> dict[str, torch.Tensor]:
    return {m: torch.randn(rows, 2) for m in "abc"}


def test_similarity_is_the_mean_over_pairs() -> None:
    s = codes()
    expected = [
        float(central_moment_discrepancy(s[m].sigmoid(), s[n].sigmoid()))
        for m, n in (("a", "b"), ("a", "c"), ("b", "c"))
    ]
    assert float(similarity_of(s)) == pytest.approx(sum(expected) / 3, abs=1e-6)


def test_difference_has_each_own_pair_and_each_private_pair() -> None:
    s, p = codes(), codes()
    pairs = [(s[m], p[m]) for m in "abc"]
    pairs += [(p["a"], p["b"]), (p["a"], p["c"]), (p["b"], p["c"])]
    expected = sum(float(difference_loss(x, y)) for x, y in pairs) / 6
    assert float(difference_of(s, p)) == pytest.approx(expected, abs=1e-6)


def test_absent_rows_count_nowhere() -> None:
    s, p = codes(), codes()
    there = torch.ones(20, 3, dtype=torch.bool)
    there[10:] = False
    there[10:, 0] = True
    half = [{m: x[:10] for m, x in c.items()} for c in (s, p)]
    shown = ({"b": s["b"], "c": s["c"]}, {"b": p["b"], "c": p["c"]})
    assert float(similarity_of(shown[0], there[:, 1:])) == pytest.approx(
        float(similarity_of({m: half[0][m] for m in "bc"})), abs=1e-6
    )
    few = [{m: h[m] for m in "bc"} for h in half]
    assert float(difference_of(shown[0], shown[1], there[:, 1:])) == pytest.approx(
        float(difference_of(few[0], few[1])), abs=1e-6
    )
    there[:, 2] = torch.arange(20) % 2 == 0
    both = there[:, 1] & there[:, 2]
    parts = [difference_loss(s[m][there[:, i]], p[m][there[:, i]]) for i, m in enumerate("abc")]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        rows = there[:, i] & there[:, j]
        parts.append(difference_loss(p["abc"[i]][rows], p["abc"[j]][rows]))
    assert 0 < int(both.sum()) < 10
    assert float(difference_of(s, p, there)) == pytest.approx(
        float(torch.stack(parts).mean()), abs=1e-6
    )
    none = torch.zeros(20, 3, dtype=torch.bool)
    assert float(similarity_of(s, none)) == float(difference_of(s, p, none)) == 0
