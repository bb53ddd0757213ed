import pandas as pd

from consilience.data.container import MultimodalData
from consilience.data.parts import part_of, part_of_frame
from consilience.data.patterns import Roles

FRAME = pd.DataFrame({"pid": ["a", "b"], "x": [1.0, 2.0], "y": [0, 1], "site": ["s", "t"]})


def test_a_frame_tells_its_roles_and_holds_the_rest() -> None:
    part = part_of("labs", FRAME, Roles("y", "pid", "site"), {"labs.x": "categorical"})
    assert part.data is not None
    assert [c.kind for c in part.data.schema["labs"].columns] == ["categorical"]
    assert part.ids.tolist() == ["a", "b"]
    assert part.target is not None
    assert part.groups is not None
    assert (part.target.tolist(), part.groups.tolist()) == ([0, 1], ["s", "t"])
    assert part.columns == ("pid", "x", "y", "site")


def test_rows_are_numbered_on_demand() -> None:
    assert part_of_frame("labs", FRAME, Roles(), {}, numbered=True).ids.tolist() == [0, 1]


def test_data_of_one_modality_are_renamed_and_of_several_are_not() -> None:
    one = MultimodalData({"x": [1.0]}, ids=[1], target=[3])
    part = part_of("labs", one, Roles(), {})
    assert part.data is not None
    assert part.data.schema.names == tuple(part.data.modalities) == ("labs",)
    two = part_of("both", MultimodalData({"x": [1.0], "z": [2.0]}, ids=[1]), Roles(), {})
    assert two.data is not None
    assert two.data.schema.names == ("x", "z")
