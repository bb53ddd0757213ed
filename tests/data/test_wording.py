from consilience.data.wording import counted, rounded_up, shown


def test_numbers_and_nouns_agree() -> None:
    assert [counted(n, "row") for n in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
    assert counted(2, "class") == "2 classes"


def test_only_three_values_are_shown() -> None:
    assert shown(["a", "b"]) == "'a', 'b'"
    assert shown([1, 2, 3], total=5) == "1, 2, 3 and 2 more"


def test_what_is_known_roughly_is_told_to_two_digits_and_never_too_low() -> None:
    assert [rounded_up(n) for n in (1, 99, 100, 101, 990, 991)] == (
        ["1", "99", "100", "110", "990", "1,000"]
    )
