"""Results of retrieval are plain, found by direction, and read well."""

import json

import pytest

from consilience.errors import ModalityError
from consilience.results.interval import Interval
from consilience.results.retrieval import Direction, Retrieval


def direction(query: str, of: str) -> Direction:
    return Direction(
        query=query,
        of=of,
        queries=90,
        items=100,
        recall={1: Interval(0.25, 0.2, 0.31), 10: Interval(0.5, 0.44, 0.56)},
        median_rank=Interval(9.5, 8.0, 12.0),
        mean_average_precision=Interval(0.33, 0.3, 0.37),
        chance_recall={1: 0.01, 10: 0.1},
        chance_median_rank=50.5,
        chance_mean_average_precision=0.052,
    )


FOUND = Retrieval(
    (direction("img", "<txt>"), direction("<txt>", "img")),
    {("img", "<txt>"): 0.4},
    {"img": 11.3, "<txt>": 9.0},
    64,
    "groups",
    ("rough",),
)


def test_a_direction_is_found_by_its_names() -> None:
    assert FOUND["<txt>", "img"].query == "<txt>"
    with pytest.raises(ModalityError) as caught:
        FOUND["img", "<tyt>"]
    assert str(caught.value) == "no direction 'img -> <tyt>'; did you mean 'img -> <txt>'?"
    assert [d.title for d in FOUND] == ["img -> <txt>", "<txt> -> img"]
    assert len(FOUND) == 2


def test_it_reads_as_a_table_with_chance_beside() -> None:
    lines = str(FOUND).splitlines()
    assert lines[0] == (
        "Partners sought across modalities (95 % intervals over groups). Modality gap: 0.40 "
        "between img and <txt>. Of 64 dimensions are used: img 11.3, <txt> 9.0."
    )
    assert lines[1].split() == ["search", "measure", "found", "chance"]
    assert lines[2] == "img -> <txt> (90 among 100)  R@1          0.250 [0.200, 0.310]  0.010"
    assert "median rank  9.5 [8, 12]           50.5" in lines[4]
    assert lines[-1] == "Beware: rough"


def test_names_are_escaped_in_notebooks() -> None:
    html = FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "<txt>" not in html
    assert "&lt;txt&gt;" in html


def test_it_is_plain_for_json_and_for_frames() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict()))
    first = plain["directions"][0]
    assert first["measures"]["R@10"] == {"estimate": 0.5, "low": 0.44, "high": 0.56, "chance": 0.1}
    assert plain["modality_gap"] == {"img | <txt>": 0.4}
    assert plain["warnings"] == ["rough"]
    frame = FOUND.to_frame()
    assert frame.num_rows == 8
    assert frame.to_pylist()[2] == {
        "query": "img",
        "of": "<txt>",
        "measure": "median rank",
        "estimate": 9.5,
        "low": 8,
        "high": 12,
        "chance": 50.5,
    }


def test_it_draws_itself() -> None:
    assert len(FOUND.plot().axes[0].containers) >= 2
