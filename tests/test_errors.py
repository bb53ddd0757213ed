import pytest

from consilience import errors


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.DataError, ValueError),
        (errors.ModalityError, ValueError),
        (errors.ShapeError, ValueError),
        (errors.InputTypeError, TypeError),
        (errors.UnavailableError, RuntimeError),
        (errors.MissingFileError, FileNotFoundError),
    ],
)
def test_each_is_also_of_a_builtin_kind(
    error: type[errors.ConsilienceError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin, match="words"):
        raise error("words")
    assert issubclass(error, errors.ConsilienceError)


def test_all_faults_of_a_configuration_are_told() -> None:
    error = errors.ConfigurationError(f for f in ("first", "second"))
    assert error.faults == ("first", "second")
    assert str(error) == "first\nsecond"
    assert isinstance(error, ValueError)


def test_suggestions_lead_to_the_nearest_names() -> None:
    assert errors.suggestion("lab", ["labs", "slab", "ecg"]) == "did you mean 'slab' or 'labs'?"
    assert errors.suggestion("zzz", ["labs"]) == "there are: 'labs'"
    assert errors.suggestion("zzz", []) == "there are none"
    many = errors.suggestion("zzz", [f"column {i}" for i in range(15)])
    assert many.endswith("'column 11' and 3 more")
