import unicodedata

import numpy as np
import pytest
import torch

from consilience.encoders.text import BUCKETS, LONGEST, TextEncoder, TextHasher
from consilience.errors import ShapeError
from consilience.functional.randomness import seeded

KNOWN = [3612, 3336, 7546]


def texts(*given: str | None) -> np.ndarray:
    out = np.empty(len(given), dtype=object)
    out[:] = given
    return out


def ids(text: str | None, buckets: int = BUCKETS) -> list[int]:
    return TextHasher(buckets)(texts(text))[0].tolist()


def test_the_ids_are_fixed_for_good() -> None:
    """Saved models read their buckets by these numbers, in whatever process."""
    assert ids("Chest pain") == KNOWN


def test_words_then_neighbouring_pairs() -> None:
    words, first, last = ids("a b c"), ids("a b"), ids("b c")
    assert words[:3] == [ids("a")[0], ids("b")[0], ids("c")[0]]
    assert words[3:] == [first[2], last[2]]
    assert ids("c b a")[:3] == words[:3][::-1]
    assert set(ids("c b a")[3:]).isdisjoint(words[3:])


def test_case_marks_and_the_way_accents_are_stored_do_not_matter() -> None:
    assert ids("Chest  PAIN!") == ids("chest, pain")
    accented = "Caf\u00e9 \u00c5ngstr\u00f6m"
    assert ids(unicodedata.normalize("NFD", accented)) == ids(accented)
    assert len(ids(accented)) == 3


def test_short_texts_are_padded_with_zero() -> None:
    found = TextHasher()(texts("a b", None, "", " .,!", "a"))
    assert found.shape == (5, 3)
    assert found.dtype == torch.int64
    assert found[1:4].tolist() == [[0, 0, 0]] * 3
    assert found[4].tolist() == [*ids("a"), 0, 0]
    assert TextHasher()(texts(None)).tolist() == [[0]]
    assert TextHasher()(texts()).shape == (0, 1)


@pytest.mark.parametrize("buckets", [2, 3, 50])
def test_ids_fill_the_buckets_and_leave_zero_to_padding(buckets: int) -> None:
    found = set(ids(" ".join(map(str, range(400))), buckets))
    assert found == set(range(1, buckets))


def test_words_beyond_the_longest_are_not_read() -> None:
    words = [str(i) for i in range(LONGEST + 50)]
    assert ids(" ".join(words)) == ids(" ".join(words[:LONGEST]))
    assert len(ids(" ".join(words))) == 2 * LONGEST - 1


def test_there_is_nothing_to_fit_or_keep() -> None:
    hasher = TextHasher(99)
    assert hasher.fit(texts("a")) is hasher
    assert not hasher.state_dict()
    assert hasher.width == 99


def test_the_encoder_is_the_equation() -> None:
    encoder = TextEncoder(50, 6).eval()
    tokens = torch.tensor([[3, 9, 9, 4]])
    x = encoder.embed.weight[tokens[0]].sum(dim=0, keepdim=True) / 2
    expected = x + encoder.out(torch.nn.functional.gelu(encoder.hidden(x)))
    torch.testing.assert_close(encoder(tokens), expected)


def test_padding_and_the_order_of_tokens_change_nothing() -> None:
    encoder = TextEncoder(50, 6).eval()
    plain = encoder(torch.tensor([[3, 9, 4]]))
    torch.testing.assert_close(encoder(torch.tensor([[3, 9, 4, 0, 0]])), plain)
    torch.testing.assert_close(encoder(torch.tensor([[4, 3, 9]])), plain)
    empty = encoder(torch.tensor([[0, 0], [0, 0]]))
    assert empty.isfinite().all()
    torch.testing.assert_close(empty[0], empty[1])


def test_the_order_of_words_matters_through_pairs() -> None:
    encoder = TextEncoder(BUCKETS, 6).eval()
    hash_ = TextHasher()
    one, other = encoder(hash_(texts("dog bites man", "man bites dog")))
    assert not torch.allclose(one, other, atol=1e-3)


def test_long_and_short_texts_are_of_one_size() -> None:
    with seeded(0):
        encoder = TextEncoder(BUCKETS, 200).eval()
    hash_ = TextHasher()
    short, long = encoder(hash_(texts("one two", " ".join(map(str, range(300))))))
    assert 0.7 < (long.std() / short.std()).item() < 1.4


def test_padding_is_never_learnt_and_dropout_acts_in_training_alone() -> None:
    tokens = torch.tensor([[3, 9, 0], [0, 0, 0]])
    with seeded(0):
        encoder = TextEncoder(50, 6, dropout=0.5)
        encoder(tokens).square().sum().backward()
    gradient = encoder.embed.weight.grad
    assert gradient is not None
    assert gradient.isfinite().all()
    assert gradient.abs().sum(dim=1).nonzero().flatten().tolist() == [3, 9]
    assert (encoder.embed.weight[0] == 0).all()
    encoder.eval()
    assert torch.equal(encoder(tokens), encoder(tokens))


def test_sizes_that_cannot_be() -> None:
    with pytest.raises(ShapeError) as raised:
        TextHasher(1)
    assert str(raised.value) == "buckets must be at least 2, found 1"
    with pytest.raises(ShapeError) as raised:
        TextEncoder(1, 0)
    assert str(raised.value) == "widths must be at least 2 and 1, found 1 and 0"
