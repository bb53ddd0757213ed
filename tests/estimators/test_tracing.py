"""Graphs are traced for any number of rows, and padded to lengths that they take."""

import pytest
import torch
from torch import Tensor, nn

import consilience as cs
from consilience.errors import ConfigurationError
from consilience.estimators.graph import RawGraph, tensors_of
from consilience.estimators.sidecar import Span
from consilience.estimators.tracing import SHORTEST, first_line, lengthened, spans, traced

pytestmark = pytest.mark.usefixtures("unchecked")


def _graph(model: cs.FusionClassifier) -> RawGraph:
    return RawGraph(model.preprocessing_, model.network_, model.fitted_state())


@pytest.fixture(scope="module")
def plain(mixed: cs.MultimodalData) -> cs.MultimodalData:
    return mixed.select(["labs", "wave"])


def test_rows_and_lengths_may_differ_from_those_traced(plain: cs.MultimodalData) -> None:
    model = cs.FusionClassifier("concat", max_epochs=1, patience=None, random_state=0).fit(plain)
    program = traced(_graph(model), model.schema_, model.preprocessing_)
    rows, lengths = spans(model.schema_, program)
    assert rows == Span(1, None)
    assert lengths == {"wave": Span(SHORTEST, None)}
    tensors = lengthened(tensors_of(plain, model.preprocessing_), lengths, model.schema_)
    module = program.module()
    for count in (1, 3, 80):
        few = [x[:count] for x in tensors]
        torch.testing.assert_close(module(*few), _graph(model)(*few), rtol=0, atol=1e-12)


class Chunked(nn.Module):
    """Goes another way with many rows, as fusions do that would need much memory."""

    out_dim = 3

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x[:100], x[100:]]) if len(x) > 100 else x * 1


def test_what_goes_another_way_with_many_rows_says_how_many(product: cs.MultimodalData) -> None:
    model = cs.FusionClassifier(encoders={"a": Chunked()}, max_epochs=1, patience=None)
    model.fit(product)
    program = traced(_graph(model), model.schema_, model.preprocessing_)
    assert spans(model.schema_, program) == (Span(1, 100), {})


@torch.no_grad()
def test_padding_to_the_least_length_changes_no_prediction(mixed: cs.MultimodalData) -> None:
    model = cs.FusionClassifier(max_epochs=1, patience=None, random_state=0).fit(mixed)
    tensors = tensors_of(mixed, model.preprocessing_)
    longer = lengthened(tensors, {"note": Span(99, None), "wave": Span(77, None)}, mixed.schema)
    assert [x.shape[1] for x in longer] == [3, 99, 77, 1, 4]
    graph = _graph(model)
    torch.testing.assert_close(graph(*longer), graph(*tensors), rtol=0, atol=1e-6)
    same = lengthened(longer, {"note": Span(16, None)}, mixed.schema)
    assert same[1] is longer[1] or torch.equal(same[1], longer[1])


class Moody(nn.Module):
    """Goes another way by what it sees, which no graph can hold."""

    out_dim = 3

    def forward(self, x: Tensor) -> Tensor:
        return x if float(x.sum()) > 0 else -x


def test_what_cannot_be_traced_is_told_in_a_line(product: cs.MultimodalData) -> None:
    model = cs.FusionClassifier(encoders={"a": Moody()}, max_epochs=1, patience=None)
    model.fit(product)
    with pytest.raises(ConfigurationError) as caught:
        traced(_graph(model), model.schema_, model.preprocessing_)
    assert len(caught.value.faults) == 1
    assert "\n" not in str(caught.value)


class Counting(nn.Module):
    """Looks at how many rows there are."""

    out_dim = 3

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([row + i for i, row in enumerate(x)])


def test_a_graph_for_one_number_of_rows_is_refused(product: cs.MultimodalData) -> None:
    model = cs.FusionClassifier(encoders={"a": Counting()}, max_epochs=1, patience=None)
    model.fit(product)
    with pytest.raises(ConfigurationError, match=r"^its number of rows would be fixed$"):
        traced(_graph(model), model.schema_, model.preprocessing_)


def test_the_bottom_of_an_error_is_what_is_told() -> None:
    top, deep = ValueError("high up"), RuntimeError("\n  deep down \nand more")
    top.__cause__ = deep
    assert first_line(top) == "deep down"
    deep.__cause__ = KeyError()
    assert first_line(top) == "deep down"
    assert first_line(ValueError()) == "ValueError"
