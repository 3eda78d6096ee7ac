"""What a benchmark yields: rows of samples with a target, and the table and the JSON made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

MILLISECONDS = "ms"
PERCENT = "%"
MEGABYTES = "MB"


class Judge(StrEnum):
    """What a row's limit is compared with."""

    RATIO = "ratio"  # median of the product by median of the peer
    MEDIAN = "median"
    WORST = "worst"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; samples are in ``unit``, and the peer may be missing.

    Attributes:
        goal: what was done.
        peer_name: what the peer did.
        limit: what ``judge`` must not exceed; None where the figure only informs.
    """

    goal: str
    product: tuple[float, ...]
    peer: tuple[float, ...] = ()
    peer_name: str = ""
    judge: Judge = Judge.NOTHING
    limit: float | None = None
    unit: str = MILLISECONDS

    @property
    def ratio(self) -> float | None:
        if not self.peer or not median(self.peer):
            return None
        return median(self.product) / median(self.peer)

    @property
    def value(self) -> float | None:
        """What the limit is compared with."""
        match self.judge:
            case Judge.RATIO:
                return self.ratio
            case Judge.MEDIAN:
                return median(self.product)
            case Judge.WORST:
                return max(self.product)
        return None

    @property
    def met(self) -> bool | None:
        return None if self.limit is None or self.value is None else self.value <= self.limit

    @property
    def target(self) -> str:
        if self.limit is None:
            return ""
        unit = "x" if self.judge is Judge.RATIO else f" {self.unit}"
        return f"<= {self.limit:g}{unit}" + (" worst" if self.judge is Judge.WORST else "")

    def as_json(self) -> dict[str, object]:
        return {
            "goal": self.goal,
            "unit": self.unit,
            "product": list(self.product),
            "peer": list(self.peer),
            "peer_name": self.peer_name,
            "ratio": self.ratio,
            "target": self.target,
            "met": self.met,
        }


HEADINGS = ("goal", "product best", "median", "worst", "peer best", "median", "ratio", "target", "met", "peer")


def table(rows: Iterable[Row]) -> str:
    """Give the rows as text in columns."""
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(_joined(line, widths) for line in [lines[0], tuple("-" * w for w in widths), *lines[1:]])


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    texts = (0, len(widths) - 1)
    cells = [
        cell.ljust(w) if at in texts else cell.rjust(w) for at, (cell, w) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    met = "" if row.met is None else "yes" if row.met else "NO"
    peer = (_number(min(row.peer), row), _number(median(row.peer), row)) if row.peer else ("", "")
    return (
        row.goal,
        _number(min(row.product), row),
        _number(median(row.product), row),
        _number(max(row.product), row),
        *peer,
        "" if row.ratio is None else f"{row.ratio:.2f}x",
        row.target,
        met,
        row.peer_name,
    )


def _number(value: float, row: Row) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} {row.unit}"
