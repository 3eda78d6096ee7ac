"""Archive files that a crash left behind between their publishing and the transaction that moves their entries.

Who removes one holds the write lock of the database, and so does who moves entries, after a look that the file is
still the one that was verified: so a file that another program is about to need is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from hotfix_desktop.core.archiving import entries_of_name
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.archive_file import discard, holds_only, identity
from hotfix_desktop.store.store import Store

log = logging.getLogger(__name__)


def left_overs(bench: Workbench, folders: Iterable[Path]) -> list[Path]:
    """Name the files in some folders that look like archives of this log, and are about entries that it still has."""
    record = bench.store.administration.workspace()
    if record is None:
        return []
    found = []
    for folder in sorted({folder.resolve() for folder in folders}):
        try:
            files = sorted(folder.iterdir())
        except OSError:
            continue  # a medium that is away
        found += [file for file in files if _is_left_over(bench, file, record.log_id)]
    return found


def remove(bench: Workbench, files: Iterable[Path], keep: Path, progress: Progress = NOBODY) -> tuple[str, ...]:
    """Remove those of some left-over files whose every entry is in the log, except one; gives what was removed.

    Raises ``StoreError`` when the log cannot be read, and ``Cancelled``.
    """
    removed = []
    record = bench.store.administration.workspace()
    for file in files:
        if record is None or file == keep:
            continue
        try:
            known = identity(file)
            if not _is_of_this_log(file, record.log_id) or not holds_only(file, bench.store.path, progress):
                continue
            with bench.store.transaction():
                if _is_left_over(bench, file, record.log_id) and identity(file) == known:
                    discard(file)
                    removed.append(str(file))
        except StoreError as error:
            log.info("a left-over archive stays: %s", error)
    return tuple(removed)


def _is_left_over(bench: Workbench, file: Path, log_id: bytes) -> bool:
    """Whether no record can mean it: all entries of its name are in the database."""
    numbers = entries_of_name(file.name, log_id)
    first, newest = bench.store.archives.bounds()
    if numbers is None or not 0 < first <= numbers[0] <= numbers[1] <= newest or file.is_symlink():
        return False
    return all(Path(made.path).name != file.name for made in bench.store.archives.all())


def _is_of_this_log(file: Path, log_id: bytes) -> bool:
    with closing(Store(file, read_only=True)) as store:
        record = store.administration.workspace()
        bounds = store.archives.bounds()
        return (
            store.is_archive
            and record is not None
            and (record.log_id, bounds)
            == (
                log_id,
                entries_of_name(file.name, log_id),
            )
        )
