"""Every example runs as its first lines say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_first_study(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "first_study.py", tmp_path / "first"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "\nFusing helps: low_rank reaches auroc " in done.stdout
    accuracy = re.search(r"accuracy on new samples: (0\.\d+)", done.stdout)
    assert accuracy
    assert float(accuracy[1]) > 0.65
    assert (tmp_path / "first" / "report.html").is_file()


def test_every_example_says_how_to_run_it() -> None:
    for path in EXAMPLES.glob("*.py"):
        assert f"`python examples/{path.name}`" in path.read_text("utf-8")


def run(name: str, *options: str, timeout: float = 300) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_audience_scores_are_those_of_the_lecture() -> None:
    said = run("audience_scores")
    assert re.search(r"xA\*xB +1\.291 +\[0\.611, 1\.971\]", said)
    assert "F(1, 283) = 13.97, p = 0.00022" in said


def test_a_product_is_learnt_by_what_multiplies_and_not_by_what_adds() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in run("which_fusion").splitlines()[1:]}
    table = {name: [float(cell) for cell in cells] for name, cells in rows.items()}
    assert all(row[0] > 0.93 for row in table.values())
    assert table["additive"][1] < 0.6
    assert table["additive"][3] < 0.01
    for name in ("multiplicative", "bilinear", "tensor", "low_rank"):
        assert table[name][1] > 0.9, name
        assert table[name][3] > 0.5, name


@pytest.mark.slow
def test_over_ten_seeds_factorizing_keeps_all_and_aligning_what_is_shared(tmp_path: Path) -> None:
    """The ends of the 95 % intervals are meant, not the means."""
    figure = tmp_path / "kept.svg"
    said = run("what_contrastive_loses", "--seeds", "10", "--figure", str(figure))
    number = r"-?\d\.\d+"
    interval = rf"({number}) \[({number}), ({number})\]"
    row = rf"^(\w[\w ]+?) +{interval} +{interval}"
    ends = {name: [float(n) for n in rest] for name, *rest in re.findall(row, said, re.MULTILINE)}
    assert len(ends) == 5
    assert ends["shared"][1] > 0.8
    assert ends["shared"][4] > 0.9
    for own in ("own of a", "own of b"):
        assert ends[own][1] > 0.85
        assert ends[own][5] < 0.25
    for noise in ("noise of a", "noise of b"):
        assert ends[noise][2] < 0.25
    assert "<svg" in figure.read_text("utf-8")


def test_aligning_loses_what_is_unique_and_factorizing_keeps_it() -> None:
    said = run("what_contrastive_loses", "--seeds", "2")
    rows = re.findall(r"^(\w[\w ]+?) +(-?0\.\d+) \[.*?\] +(-?0\.\d+) \[", said, re.MULTILINE)
    kept = {name: (float(factorized), float(aligned)) for name, factorized, aligned in rows}
    assert kept["shared"][0] > 0.85
    assert kept["shared"][1] > 0.85
    for own in ("own of a", "own of b"):
        assert kept[own][0] > 0.85
        assert kept[own][1] < 0.3
    for noise in ("noise of a", "noise of b"):
        assert kept[noise][0] < 0.2
    digits = dict(re.findall(r"^(factorized|contrastive) +(0\.\d+)  \(", said, re.MULTILINE))
    assert float(digits["factorized"]) >= float(digits["contrastive"])
