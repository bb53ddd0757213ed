import pytest
from pydantic import ValidationError

from consilience.data.schema import ColumnSchema, ModalitySchema, Schema
from consilience.errors import ModalityError

LABS = ModalitySchema(
    name="labs",
    kind="table",
    columns=(
        ColumnSchema(name="sodium"),
        ColumnSchema(name="sex", kind="categorical", categories=("f", "m")),
    ),
)
ECG = ModalitySchema(name="ecg", kind="sequence", columns=(ColumnSchema(name="I"),), length=50)
NOTE = ModalitySchema(name="note", kind="text")
SCHEMA = Schema(modalities=(LABS, ECG, NOTE))


def test_modalities_are_told_in_words() -> None:
    words = [m.describe() for m in SCHEMA.modalities]
    assert words == [
        "table of 2 columns (1 categorical)",
        "sequence of 50 steps, 1 channel",
        "text",
    ]
    free = ECG.model_copy(update={"length": None})
    assert free.describe() == "sequence of any length, 1 channel"


def test_json_gives_the_same_schema_back() -> None:
    assert Schema.model_validate_json(SCHEMA.model_dump_json()) == SCHEMA


def test_selecting_orders_and_narrows() -> None:
    assert SCHEMA.select(["note", "labs"]).names == ("note", "labs")
    assert SCHEMA["ecg"].width == 1


def test_an_unknown_name_leads_to_the_nearest() -> None:
    with pytest.raises(ModalityError, match=r"no modality 'lab'; did you mean 'labs'\?"):
        SCHEMA.select(["lab"])


def test_schemas_cannot_be_changed_or_extended() -> None:
    with pytest.raises(ValidationError):
        LABS.name = "other"  # pyright: ignore[reportAttributeAccessIssue]  frozen: this must fail
    with pytest.raises(ValidationError):
        ModalitySchema.model_validate({"name": "a", "kind": "table", "depth": 3})
