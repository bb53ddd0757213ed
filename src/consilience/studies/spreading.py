"""Calls carried out side by side: in processes of this machine, or on a Ray cluster."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Literal, Protocol, cast, final, get_args, runtime_checkable

from joblib import Parallel, delayed

from consilience.errors import ConfigurationError, UnavailableError, suggestion

Backend = Literal["local", "ray"]
"""Where a study's fits are carried out."""

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
"""What `joblib.delayed` makes."""


@runtime_checkable
class Pool(Protocol):
    """Carries out calls side by side."""

    def as_done(self, calls: Iterable[Call]) -> Iterator[Any]:
        """What the calls return, in the order in which they end."""
        ...


def in_order(pool: Pool, calls: Iterable[Call]) -> list[Any]:
    """What calls return, in the order given.

    Args:
        pool: Where to carry them out.
        calls: The calls.

    Returns:
        A value a call.
    """
    numbered = [
        delayed(_numbered)(number, function, *given, **named)
        for number, (function, given, named) in enumerate(calls)
    ]
    return [value for _, value in sorted(pool.as_done(numbered), key=itemgetter(0))]


def _numbered(
    number: int,
    function: Callable[..., Any],
    *given: Any,  # noqa: ANN401  whatever the function takes
    **named: Any,  # noqa: ANN401  as above
) -> tuple[int, object]:
    return number, function(*given, **named)


@contextmanager
def spread(workers: int, backend: Backend = "local") -> Generator[Pool]:
    """Somewhere to carry out calls.

    Args:
        workers: Processes of this machine; of a cluster its processors are taken instead.
        backend: `"ray"` joins the cluster that `RAY_ADDRESS` names, or that this process has
            joined already; without either it starts one of `workers` processes here.

    Yields:
        The pool.

    Raises:
        ConfigurationError: If there is no such backend.
        UnavailableError: If Ray is not installed or no cluster can be joined.
    """
    if backend not in get_args(Backend):
        raise ConfigurationError(
            [f"backend {backend!r} is not known; {suggestion(str(backend), get_args(Backend))}"]
        )
    if backend == "local":
        with Parallel(n_jobs=workers, return_as="generator_unordered", mmap_mode="c") as unordered:
            yield _Local(unordered)
        return
    ray, started = _joined(workers)
    try:
        yield _Ray(ray)
    finally:
        if started:
            ray.shutdown()


@final
class _Local:
    def __init__(self, unordered: Parallel) -> None:
        self._unordered = unordered

    def as_done(self, calls: Iterable[Call]) -> Iterator[Any]:
        yield from cast("Iterator[Any]", self._unordered(calls))


@final
class _Ray:
    """Large arguments are put into the cluster's store once, however many calls take them."""

    def __init__(self, ray: Any) -> None:  # noqa: ANN401  a module without types
        self._ray = ray
        self._run = ray.remote(num_cpus=1)(_carried_out)
        self._kept: dict[int, tuple[object, Any]] = {}

    def as_done(self, calls: Iterable[Call]) -> Iterator[Any]:
        waiting = self._sent(calls)
        while waiting:
            ended, waiting = self._ray.wait(waiting, num_returns=1)
            yield self._ray.get(ended[0])

    def _sent(self, calls: Iterable[Call]) -> list[Any]:
        return [
            self._run.remote(function, list(named), *map(self._put, (*given, *named.values())))
            for function, given, named in calls
        ]

    def _put(self, value: object) -> Any:  # noqa: ANN401  a reference of Ray's
        if id(value) not in self._kept:
            self._kept[id(value)] = (value, self._ray.put(value))
        return self._kept[id(value)][1]


def _carried_out(function: Callable[..., Any], names: Sequence[str], *values: object) -> object:
    first = len(values) - len(names)
    return function(*values[:first], **dict(zip(names, values[first:], strict=True)))


def _joined(workers: int) -> tuple[Any, bool]:
    """Ray's module, in a cluster, and whether that was started here.

    Raises:
        UnavailableError: If Ray is not installed or no cluster can be joined.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise UnavailableError(
            'backend "ray" needs Ray, which is not installed: pip install "consilience[ray]"'
        ) from error
    known: Any = ray
    if known.is_initialized():
        return known, False
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    address = os.environ.get("RAY_ADDRESS")
    try:
        if address:
            known.init(address=address, **quiet)
        else:
            known.init(num_cpus=workers, include_dashboard=False, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"the cluster at RAY_ADDRESS={address}" if address else "a local cluster"
        raise UnavailableError(f"Ray could not join {where}: {error}") from error
    return known, True
