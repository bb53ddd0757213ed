"""Samples become standardised tensors, as they were learnt."""

import numpy as np
import pytest
import torch

from consilience.data.container import MultimodalData
from consilience.errors import DataError, InputTypeError, ModalityError, ShapeError
from consilience.fission.inputs import StandardInputs, target_tensor, targets_of, widths_of

TABLE = np.array([[1.0, 5.0], [3.0, np.nan], [5.0, 9.0]])
DATA = MultimodalData(
    {"a": TABLE, "s": np.arange(12.0).reshape(3, 2, 2), "c": ["x", "y", "x"]},
    presence=[[True, True, True], [True, False, True], [True, True, True]],
    kinds={"c": "categorical"},
)


def test_columns_are_standardised_by_what_is_there() -> None:
    inputs, presence = StandardInputs(("a", "s", "c")).fit(DATA)(DATA)
    scale = np.sqrt(8 / 3)
    assert torch.allclose(
        inputs["a"], torch.tensor([[-2 / scale, -1.0], [0, 0], [2 / scale, 1.0]]).float()
    )
    assert inputs["s"][[0, 2]].mean(dim=(0, 1)).abs().max() < 1e-6
    assert inputs["c"].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert presence is not None
    assert presence[:, 1].tolist() == [True, False, True]
    assert {n: x.shape[-1] for n, x in inputs.items()} == widths_of(DATA)


def test_new_samples_are_standardised_by_the_old() -> None:
    fitted = StandardInputs(("a",)).fit(DATA)
    new = MultimodalData({"a": np.array([[3.0, 7.0]])})
    inputs, presence = fitted(new)
    assert inputs["a"].tolist() == [[0, 0]]
    assert presence is None


def test_tensors_are_taken_as_they_are_and_ordered() -> None:
    x = {"b": torch.ones(2, 1), "a": torch.zeros(2, 1)}
    inputs, _ = StandardInputs(("a", "b")).fit(x)(x)
    assert list(inputs) == ["a", "b"]
    assert inputs["b"] is x["b"]


def test_targets_become_codes_or_standard_scores() -> None:
    assert target_tensor(np.array([3, 7, 3]), "it").tolist() == [0, 1, 0]
    scores = target_tensor(np.array([0.5, 1.5, 2.5]), "it")
    assert scores.shape == (3, 1)
    assert float(scores.square().mean()) == pytest.approx(1)
    with pytest.raises(DataError, match=r"^it needs a target; pass target=$"):
        target_tensor(None, "it")


def test_classes_and_outputs_are_counted() -> None:
    x = {"a": np.zeros((3, 1))}
    assert targets_of(MultimodalData(x, target=["u", "v", "u"]), "it") == 2
    assert targets_of(MultimodalData(x, target=[0.5, 1.5, 2.5]), "it") == 1


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_used_is_told() -> None:
    text = MultimodalData({"note": ["all well", "ill again"]}, kinds={"note": "text"})
    with pytest.raises(DataError, match="modality 'note' is text; turn it into a tensor first"):
        StandardInputs(("note",)).fit(text)
    with pytest.raises(DataError, match="modality 'note' is text; turn it into a tensor first"):
        widths_of(text)
    with pytest.raises(InputTypeError, match="for_data takes MultimodalData, found dict; for"):
        widths_of({"a": torch.zeros(1, 1)})  # pyright: ignore[reportArgumentType]  wrong on purpose
    plain = StandardInputs(("a",))
    with pytest.raises(DataError, match="not fitted yet, so the scales of the columns are not"):
        plain(DATA)
    plain.fit({"a": torch.zeros(1, 1)})
    with pytest.raises(DataError, match="fitted on tensors but given MultimodalData"):
        plain(DATA)
    with pytest.raises(ShapeError, match="modality 'a' has 1 columns but was fitted with 2"):
        StandardInputs(("a",)).fit(DATA)(MultimodalData({"a": [[1.0]]}))
    for bad in (torch.tensor([[1.0, 2.0], [1.0, torch.nan]]), torch.tensor([0.0, torch.inf])):
        with pytest.raises(DataError, match=r"'a' has values .* \(first: row 1\); fill them in"):
            plain({"a": bad})
    with pytest.raises(ModalityError, match="modality 'aa' is not known; did you mean 'a'"):
        plain({"aa": torch.zeros(1, 1)})
    with pytest.raises(ModalityError, match="modality 'a' is not among the inputs"):
        plain({})
    with pytest.raises(InputTypeError, match="found list"):
        plain([1])  # pyright: ignore[reportArgumentType]  wrong on purpose
    with pytest.raises(InputTypeError, match="modality 'a' must be a tensor, found ndarray"):
        plain({"a": TABLE})  # pyright: ignore[reportArgumentType]  wrong on purpose
    with pytest.raises(ShapeError, match="as many rows each, found 'a' 2, 'b' 3"):
        StandardInputs(("a", "b"))({"a": torch.zeros(2, 1), "b": torch.zeros(3, 1)})
