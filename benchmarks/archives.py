"""Reading an archive of a package, all names and contents checked, beside Python's own gzip of the same bytes."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.rows import Judge, Row
from benchmarks.stage import Stage
from hotfix_desktop.workspaces.archives import CreatioArchives

AVERAGE_BYTES = 8_000
"""Of a file: real archives (``creatio.md`` 9) have from 9,000 to 112,000; small ones cost more."""
LIMIT = 1 << 31
ROUNDS = 5
_READ = 1 << 20
_WORDS = 5_000


def archives(stage: Stage) -> Iterable[Row]:
    """Read and write the same archive, the product and Python by turns (issue 5)."""
    path = stage.folder / "archives" / "big.gz"
    path.parent.mkdir()
    product = CreatioArchives(path.parent)
    with path.open("wb") as stream:
        product.write_package(stream, _files(stage.sizes.archive_bytes))
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(min(stage.sizes.rounds, ROUNDS)):
        theirs.append(_timed(partial(_gzip, path)))
        ours.append(_timed(partial(_read, product, path)))
    goal = f"reading an archive of {path.stat().st_size / 1e6:,.1f} MB"
    yield Row(goal, tuple(ours), tuple(theirs), "gzip of Python", Judge.RATIO, 1.5)
    copy = path.with_name("copy.gz")
    written = _timed(partial(_write, product, path, copy))
    if copy.read_bytes() != path.read_bytes():
        raise RuntimeError("the archive was not written again as it was")
    yield Row("writing it again, reading included", (written,))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _gzip(path: Path) -> None:
    with gzip.open(path) as file:
        while file.read(_READ):
            pass


def _read(product: CreatioArchives, path: Path) -> None:
    product.open(path, LIMIT).close()


def _write(product: CreatioArchives, path: Path, copy: Path) -> None:
    with product.open(path, LIMIT) as archive, copy.open("wb") as stream:
        (package,) = archive.packages
        product.write_package(stream, archive.read(package, list(package.files)))


def _files(packed_bytes: int) -> Iterator[tuple[bytes, list[bytes]]]:
    """Give files whose text compresses to somewhat less than a half, as that of real ones does at best."""
    dice = random.Random(7)
    words = [dice.randbytes(6).hex() for _ in range(_WORDS)]
    yield (
        b"descriptor.json",
        [b'{"Descriptor": {"UId": "7f1b5f6e-52a1-4c0e-9d52-0b6f1c3a7e44", "Name": "UsrBig"}}'],
    )
    left, number = packed_bytes * 9 // 4, 0
    while left > 0:
        lines = [" ".join(dice.choices(words, k=8)) for _ in range(int(dice.expovariate(104 / AVERAGE_BYTES)) + 1)]
        text = "\r\n".join(lines).encode()
        file = ("metadata.json", "properties.json", f"UsrSchema{number}.cs", f"UsrSchema{number}.js")[number % 4]
        yield f"Schemas/UsrSchema{number // 4}/{file}".encode(), [text]
        left -= len(text)
        number += 1
