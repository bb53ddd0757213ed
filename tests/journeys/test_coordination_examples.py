"""The examples about views run as they say, and show what they claim."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_toshs_bound_holds_on_every_table_and_promises_nothing_for_xor() -> None:
    said = run("tosh_bound")
    found = re.search(r"1,000 random tables: 0 above the bound, largest .* (0\.\d+), median", said)
    assert found
    assert 0.5 < float(found[1]) < 1
    assert "XOR: error 0.25 of a bound 1.00; right 50% of the time" in said


def test_views_should_share_what_the_label_needs() -> None:
    said = run("infomin_sweet_spot")
    table = {int(s): float(a) for s, a in re.findall(r"^ +(\d+) +(0\.\d+)$", said, re.MULTILINE)}
    assert max(table, key=lambda s: table[s]) == 8
    assert table[2] < table[4] < table[8] > table[16] > table[48]
    assert table[8] > table[48] + 0.03
