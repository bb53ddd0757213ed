import numpy as np
import pytest
import torch
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from consilience.data.schema import ColumnSchema, ModalitySchema
from consilience.encoders.tabular import LARGEST, TableStandardizer, TabularEncoder
from consilience.errors import ShapeError


def schema(*columns: int) -> ModalitySchema:
    """A table with columns of so many categories; 0 is a column of numbers."""
    made = [
        ColumnSchema(name=f"c{i}")
        if not size
        else ColumnSchema(
            name=f"c{i}", kind="categorical", categories=tuple(str(k) for k in range(size))
        )
        for i, size in enumerate(columns)
    ]
    return ModalitySchema(name="t", kind="table", columns=tuple(made))


def numbers(rows: int = 40, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(
        [3, -20, 0.1][:columns], [1, 50, 0.01][:columns], (rows, columns)
    )


def test_numbers_as_scikit_learn() -> None:
    table = numbers()
    table[3:7, 1] = np.nan
    fresh = numbers(5)
    standard = TableStandardizer(schema(0, 0, 0)).fit(table)
    oracle = StandardScaler().fit(table)
    for given in (table, fresh):
        expected = np.nan_to_num(oracle.transform(given))
        found = standard(given).numpy()
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[:, :3], expected, rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(found[:, 3:], np.isnan(given[:, [1]]))
    assert standard.width == 4


def test_categories_as_scikit_learn() -> None:
    codes = np.array([[0.0, 1], [2, 0], [1, np.nan], [np.nan, 1], [7, -1]])
    seen = np.array([[0, 0], [1, 1], [2, 1]])
    oracle = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(seen)
    standard = TableStandardizer(schema(3, 2)).fit(codes)
    assert standard.width == 5
    np.testing.assert_array_equal(standard(codes).numpy(), oracle.transform(codes))


def test_mixed_columns_come_as_numbers_flags_categories() -> None:
    table = np.array([[1.0, 10.0, 0.0, np.nan], [0.0, 20.0, 1.0, 3.0], [np.nan, 30.0, 1.0, 5.0]])
    standard = TableStandardizer(schema(2, 0, 2, 0)).fit(table)
    tall = 1.5**0.5
    expected = [
        [-tall, 0, 1, 0, 1, 1, 0],
        [0, -1, 0, 1, 0, 0, 1],
        [tall, 1, 0, 0, 0, 0, 1],
    ]
    np.testing.assert_allclose(standard(table).numpy(), expected, rtol=1e-6)
    assert standard.width == 7


def test_missing_only_in_new_data_is_the_mean_without_a_flag() -> None:
    standard = TableStandardizer(schema(0)).fit(np.array([[1.0], [3.0]]))
    assert standard(np.array([[np.nan], [3.0]])).tolist() == [[0], [1]]


def test_a_column_that_told_nothing_stays_zero() -> None:
    train = np.array([[5.0, np.nan, 1.0], [5.0, np.nan, 2.0]])
    standard = TableStandardizer(schema(0, 0, 0)).fit(train)
    fresh = np.array([[6.0, 8.0, 2.0], [np.inf, -np.inf, np.nan]])
    assert standard(fresh).tolist() == [[0, 0, 1, 0], [0, 0, 0, 0]]
    assert standard(train)[:, 3].tolist() == [1, 1]


def test_wild_values_are_clipped() -> None:
    standard = TableStandardizer(schema(0)).fit(np.array([[-1.0], [1.0], [np.inf]]))
    wild = np.array([[1e300], [-12.0], [np.inf], [-np.inf], [9.5]])
    assert standard(wild)[:, 0].tolist() == [LARGEST, -LARGEST, LARGEST, -LARGEST, 9.5]


@pytest.mark.parametrize(("offset", "unit"), [(1.6e9, 1e-3), (0.0, 1e-15), (0.0, 1e200)])
def test_offsets_and_units_cost_no_precision(offset: float, unit: float) -> None:
    steps = np.arange(-500.0, 501.0)[:, None]
    found = TableStandardizer(schema(0)).fit(steps * unit + offset)(steps * unit + offset)
    np.testing.assert_allclose(found.numpy(), steps / steps.std(), atol=1e-3 if offset else 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8])
def test_any_kind_of_number(dtype: type) -> None:
    table = np.array([[1, 0], [2, 1], [6, 1]], dtype=dtype)
    standard = TableStandardizer(schema(0, 2)).fit(table)
    expected = TableStandardizer(schema(0, 2)).fit(table.astype(float))(table.astype(float))
    torch.testing.assert_close(standard(table), expected, rtol=0, atol=0)


@pytest.mark.parametrize("columns", [(0,), (2,), (0, 2)])
def test_arrays_are_neither_changed_nor_need_be_writable(columns: tuple[int, ...]) -> None:
    table = np.tile(np.array([[0.0], [1.0], [np.nan]]), len(columns))
    before = table.copy()
    table.flags.writeable = False
    standard = TableStandardizer(schema(*columns)).fit(table)
    out = standard(table)
    out += 1
    np.testing.assert_array_equal(table, before)
    assert torch.equal(standard(table) + 1, out)


def test_a_table_without_anything_gives_one_column_of_zeros() -> None:
    lacking = ModalitySchema(
        name="t", kind="table", columns=(ColumnSchema(name="c", kind="categorical"),)
    )
    standard = TableStandardizer(lacking).fit(np.full((3, 1), np.nan))
    assert standard.width == 1
    assert standard(np.full((2, 1), np.nan)).tolist() == [[0], [0]]


def test_what_was_learnt_travels_in_the_state() -> None:
    table = numbers()
    table[0, 2] = np.nan
    fitted = TableStandardizer(schema(0, 0, 0)).fit(table)
    twin = TableStandardizer(schema(0, 0, 0))
    twin.load_state_dict(fitted.state_dict())
    assert twin.width == fitted.width == 4
    assert torch.equal(twin(table), fitted(table))


def test_the_encoder_is_the_equation() -> None:
    encoder = TabularEncoder(3, 4).eval()
    x = torch.randn(6, 3)
    hidden = torch.nn.functional.gelu(x @ encoder.hidden.weight.T + encoder.hidden.bias)
    expected = encoder.linear(x) + hidden @ encoder.out.weight.T + encoder.out.bias
    torch.testing.assert_close(encoder(x), expected)
    assert encoder(x).shape == (6, encoder.out_dim)


def test_dropout_acts_in_training_alone() -> None:
    encoder = TabularEncoder(20, 4, dropout=0.5)
    x = torch.ones(1, 20)
    assert not torch.equal(encoder(x), encoder(x))
    encoder.eval()
    assert torch.equal(encoder(x), encoder(x))


@pytest.mark.parametrize("widths", [(0, 3), (3, 0)])
def test_widths_that_cannot_be(widths: tuple[int, int]) -> None:
    with pytest.raises(ShapeError) as raised:
        TabularEncoder(*widths)
    assert str(raised.value) == f"widths must be at least 1, found {widths[0]} and {widths[1]}"
