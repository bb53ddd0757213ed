from consilience.results.interval import Interval


def test_an_interval_is_told_with_and_without_signs() -> None:
    found = Interval(0.02, -0.0104, 0.05)
    assert str(found) == "0.020 [-0.010, 0.050]"
    assert f"{found:+}" == "+0.020 [-0.010, +0.050]"


def test_nothing_is_said_to_be_minus_zero() -> None:
    assert str(Interval(-0.0001, -0.0002, 0.0)) == "0.000 [0.000, 0.000]"


def test_the_numbers_are_there_by_name() -> None:
    assert Interval(1.0, 0.5, 2.0).to_dict() == {"estimate": 1.0, "low": 0.5, "high": 2.0}
