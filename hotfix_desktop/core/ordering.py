"""In which order packages stand in the tree (``design.md`` 3, ``product.md`` 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar


class Orderable(Protocol):
    """What the order depends on."""

    @property
    def name(self) -> str:
        """The package's name."""
        ...  # pragma: no cover

    @property
    def opened(self) -> datetime | None:
        """When the package was unlocked, or None when it is not open."""
        ...  # pragma: no cover


T = TypeVar("T", bound=Orderable)


def tree_order(packages: Iterable[T], collate: Callable[[str], Any] = str.casefold) -> list[T]:
    """Put unlocked packages on top, the most recently unlocked first, then all others by name.

    ``collate`` gives the sort key of a name; the window passes the locale's own.
    """
    everything = list(packages)
    top = [p for p in everything if p.opened is not None]
    rest = [p for p in everything if p.opened is None]
    top.sort(key=lambda p: collate(p.name))
    top.sort(key=lambda p: p.opened, reverse=True)  # type: ignore[arg-type, return-value]
    rest.sort(key=lambda p: collate(p.name))
    return top + rest
