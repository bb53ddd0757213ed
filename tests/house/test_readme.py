"""What the README and the pages beside it show works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGES = ("README.md", "CONTRIBUTING.md", "docs/index.md", "docs/tutorial.md", "docs/fission.md")


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _run(command: list[str], place: Path) -> str:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PATH": tools, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the tables that the examples speak of."""
    a, b, noise, more = np.random.default_rng(0).normal(size=(4, 620)).round(3)
    died = (a + b > 0).astype(int)
    columns = [[f"p{i}" for i in range(620)], died, a, noise, b, more]
    head = "patient,died,lab_sodium,lab_potassium,ecg_rate,ecg_qt"
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    (tmp_path / "cohort.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    new = [",".join((p, *rest)) for p, _, *rest in (row.split(",") for row in rows[:5])]
    fresh = "\n".join([head.replace("died,", ""), *new]) + "\n"
    (tmp_path / "new.csv").write_text(fresh, "utf-8")
    return tmp_path


def test_the_python_example(root: Path, tmp_path: Path) -> None:
    (code,) = _blocks((root / "README.md").read_text("utf-8"), "python")
    said = _run([sys.executable, "-c", code], tmp_path)
    assert said.startswith("Fusing helps: low_rank reaches auroc ")
    assert (tmp_path / "runs" / "synergy" / "report.html").is_file()


@pytest.mark.slow
def test_what_the_page_on_fission_shows(root: Path, tmp_path: Path) -> None:
    (code,) = _blocks((root / "docs" / "fission.md").read_text("utf-8"), "python")
    said = _run([sys.executable, "-c", f"{code}\nassert z.shape == (1000, 16)"], tmp_path)
    assert re.match(r"fourier and zernike \(bits\) +data +representation\n", said)
    (both,) = re.findall(r"^information 12 +(\d\.\d+) \[.*?\] +(\d\.\d+) \[", said, re.MULTILINE)
    assert 1 < float(both[1]) < float(both[0])
    assert (tmp_path / "kept.png").stat().st_size > 1000


def test_the_commands(root: Path, desk: Path) -> None:
    (commands,) = _blocks((root / "README.md").read_text("utf-8"), "bash")
    said = _run(["bash", "-euc", commands], desk)
    assert "620 samples: nothing to report." in said
    assert "5 predictions in predictions.csv\n" in said
    assert said.endswith("runs/died/report.html\n")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(root: Path, page: str) -> None:
    text = (root / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    lost = [
        link for link in links if "://" not in link and not ((root / page).parent / link).exists()
    ]
    assert lost == []
