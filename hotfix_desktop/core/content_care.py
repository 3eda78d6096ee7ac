"""What came of the care of a content store: of a look at all of it, and of its cleaning."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_NAMED = 200
"""Damages that a report names; more are only counted."""


@dataclass(frozen=True, slots=True)
class ContentsReport:
    """What a look at a whole content store found.

    Attributes:
        trees: how many recorded trees there are.
        contents: how many different contents.
        bytes: their sizes together, before compression.
        damages: a sentence for each of the first ``MOST_NAMED`` things that are damaged or missing.
        damaged: how many there are in all.
    """

    trees: int = 0
    contents: int = 0
    bytes: int = 0
    damages: tuple[str, ...] = ()
    damaged: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged or missing."""
        return not self.damaged

    def with_more(self, damages: tuple[str, ...], count: int) -> ContentsReport:
        """Give this with damages that were found elsewhere; ``count`` is how many there are in all."""
        return replace(self, damages=(*self.damages, *damages), damaged=self.damaged + count)


@dataclass(frozen=True, slots=True)
class ContentsSize:
    """How much a content store holds.

    Attributes:
        trees: how many recorded trees there are.
        contents: how many different contents.
        bytes: their sizes together, before compression.
        on_disk: how large its file is, in bytes.
        loose: how many recorded trees a cleaning would drop now.
    """

    trees: int = 0
    contents: int = 0
    bytes: int = 0
    on_disk: int = 0
    loose: int = 0


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was dropped.

    Attributes:
        trees: how many recorded trees.
        contents: how many contents that no other tree has.
        bytes: the sizes of these contents together, before compression.
        freed: by how many bytes the file shrank.
    """

    trees: int = 0
    contents: int = 0
    bytes: int = 0
    freed: int = 0
