"""A durable audit entry, beside what the disk alone needs for as many bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable

from benchmarks.beating import in_turns
from benchmarks.rows import Row
from benchmarks.stage import Stage
from hotfix_desktop.core.audit import AuditType

BYTES = b"x" * 512


def append(stage: Stage) -> Iterable[Row]:
    """Append entries one by one; informs the audit issue, whose limit is 1.5x."""
    sync = getattr(os, "fdatasync", os.fsync)
    ground = stage.ground(stage.sizes.small)
    path = stage.folder / "plain file"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        with ground.bench() as bench:

            def entry() -> None:
                bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, "Somebody opened the audit log of the benchmark"))

            def plain() -> None:
                os.write(file, BYTES)
                sync(file)

            product, peer = in_turns(stage.sizes.appends, entry, plain)
    finally:
        os.close(file)
    yield Row("durable audit entry", product, peer, "write + fdatasync of 512 B")
