"""Hand the changes of hotfixes over without git: a patch, and the package as it was left, as files in a folder.

Both files and the entry appear, or none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.deliveries import Delivery, DeliveryKind, Receipt
from hotfix_desktop.core.delivery_plan import branch_name
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.manifest import UNREADABLE, Kind
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services.delivery_steps import Delivered, package_of, waiting_on, what_to_deliver
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.landing import Landing, together
from hotfix_desktop.services.letters import patch_of
from hotfix_desktop.services.undelivered import enter_delivery
from hotfix_desktop.services.workbench import Workbench

PATCH, ARCHIVE = ".patch", ".gz"
_DESCRIPTOR = b"descriptor.json"


def file_names(bench: Workbench, hotfixes: Sequence[int]) -> tuple[str, str]:
    """Give the names of the patch and of the archive, for the question whether they may be replaced.

    Raises ``Denied``, ``Refused``, ``StoreError``.
    """
    what = f"plan to hand over {plural(len(hotfixes), 'hotfix', 'hotfixes')}"
    bench.demand(Act.DELIVER, AuditType.DELIVERED, what, package_of(bench, hotfixes))
    return _names(what_to_deliver(bench, hotfixes))


def hand_over(bench: Workbench, hotfixes: Sequence[int], folder: Path, progress: Progress = NOBODY) -> Receipt:
    """Write the files and enter that they were handed over; gives the receipt. See :func:`give_over`."""
    return give_over(bench, hotfixes, folder, progress)[-1].receipt


def give_over(
    bench: Workbench, hotfixes: Sequence[int], folder: Path, progress: Progress = NOBODY
) -> tuple[Delivery, ...]:
    """Write patch and archive of closed hotfixes of one package into a folder, and enter that they were handed over.

    Files of these names are replaced. A hotfix of which a file cannot be delivered stays undelivered. Only
    administrators may. Raises ``Denied``, ``Refused``, ``InvalidInput``, ``StoreError``, ``ExportFailed``,
    ``Cancelled``; then nothing was written, and older files are as they were.
    """
    what = f"hand over {plural(len(hotfixes), 'hotfix', 'hotfixes')}"
    bench.demand(Act.DELIVER, AuditType.DELIVERED, what, package_of(bench, hotfixes))
    delivered = what_to_deliver(bench, hotfixes)
    if not folder.is_dir():
        raise Refused(f"There is no folder {printable(str(folder))}.", "Choose where the files go.")
    names = _names(delivered)
    targets = [folder / name for name in names]
    for target in targets:
        check_place(bench, target)
    with Landing(targets[0]) as patch, Landing(targets[1]) as archive:
        for part in patch_of(bench, delivered, names[0], progress):
            patch.write(part)
        left_out = _archive(bench, delivered, archive, progress)
        digests = patch.finish(), archive.finish()
        receipt = Receipt(
            DeliveryKind.HAND_OVER,
            f"Handed over as {names[0]} and {names[1]}",
            {
                "folder": printable(str(folder)),
                "patch": names[0],
                "patch_sha256": digests[0],
                "archive": names[1],
                "archive_sha256": digests[1],
                "files": str(len(delivered.stories)),
                **({"not_in_archive": str(left_out)} if left_out else {}),
            },
        )
        waiting = waiting_on(bench, delivered.hotfixes, delivered.left)
        receipt = receipt.without(delivered.left_shown, delivered.count, waiting)
        progress.check()
        with together(patch, archive) as land, bench.store.transaction():
            kept = enter_delivery(bench, delivered.numbers, receipt, delivered.found, waiting=waiting)
            land()
    return kept


def _archive(bench: Workbench, delivered: Delivered, landing: Landing, progress: Progress) -> int:
    """Write the package as it was after the last hotfix; gives how many items no archive can hold."""
    chosen: dict[bytes, bytes] = {}
    left_out = 0
    for path, fact in delivered.after.items.items():
        if fact.kind is Kind.FOLDER:
            continue
        inside = path.startswith(delivered.prefix) and b".git" not in path.split(b"/")
        if fact.kind is Kind.FILE and fact.digest != UNREADABLE and inside:
            chosen[path.removeprefix(delivered.prefix)] = fact.digest
        else:
            left_out += 1
    if _DESCRIPTOR not in chosen:
        raise Refused(f"{delivered.found.name} has no descriptor.json after its hotfix, so no archive can hold it.")

    def contents() -> Iterator[tuple[bytes, Iterator[bytes]]]:
        ordered = bench.archives.ordered(list(chosen))
        for at, path in enumerate(ordered):
            progress.step(at, len(ordered), "Packing the package")
            yield path, bench.contents.chunks(chosen[path])

    with landing.told():
        bench.archives.write_package(landing.file, contents(), progress)
    return left_out


def _names(delivered: Delivered) -> tuple[str, str]:
    first = delivered.hotfixes[0]
    ticket = next((hotfix.ticket for hotfix in delivered.hotfixes if hotfix.ticket), "")
    stem = branch_name("{ticket}-{package}", ticket, first.number, delivered.found.name)
    return stem + PATCH, stem + ARCHIVE
