"""Telling the support of another maintainer what was repaired in their package: a letter, and an archive beside it.

Nothing is written before :func:`send_letter`, which leaves the letter as a draft for a mail program and a zip with the
patch, every file before and after, and the versions; sending them is left to the person.
"""

from __future__ import annotations

import json
import platform
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop import __version__
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.deliveries import Delivery, DeliveryKind, Receipt
from hotfix_desktop.core.errors import Refused, StoreError
from hotfix_desktop.core.letters import Letter, as_mail, checked_letter, drafted, letter_id
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind
from hotfix_desktop.core.patches import BINARY_LIMIT, PatchFile, comment, file_patch, git_mode, left_out
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services.delivery_steps import Delivered, FileStory, package_of, waiting_on, what_to_deliver
from hotfix_desktop.services.delivery_words import patch_head
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.landing import Landing, together
from hotfix_desktop.services.undelivered import enter_delivery
from hotfix_desktop.services.workbench import Workbench

PATCH = "changes.patch"
MAIL_LIMIT = 15 << 20
"""Bytes of an archive; a larger one does not go into the mail's draft, for servers refuse it."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the same letter gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one changed file, for people: its path now, what happened to it, and its contents' digests."""

    path: str
    change: ChangeKind
    old_path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class LetterDraft:
    """A letter that was proposed, and what goes with it.

    Attributes:
        files: what the hotfixes changed, all in all.
        remarks: what is left out and why, in sentences.
        left: the paths of what is left out, for people.
    """

    hotfixes: tuple[int, ...]
    letter: Letter
    files: tuple[Told, ...]
    remarks: tuple[str, ...]
    left: tuple[str, ...] = ()


def draft_letter(bench: Workbench, hotfixes: Sequence[int], progress: Progress = NOBODY) -> LetterDraft:
    """Propose the letter about closed hotfixes of one package, to the contact that was used last; writes nothing.

    Raises ``Denied``, ``Refused`` for hotfixes that changed nothing or are of several packages, ``StoreError``.
    """
    _demand_reading(bench, hotfixes)
    delivered = what_to_deliver(bench, hotfixes)
    files = tuple(told_files(delivered))
    letter = drafted(
        letter_id(bench.clock.now().utc, delivered.numbers),
        delivered.found,
        delivered.hotfixes,
        [(told.change.value, told.path) for told in files],
        bench.person.user,
        bench.store.contacts.get(delivered.found.maintainer),
    )
    return LetterDraft(delivered.numbers, letter, files, delivered.remarks, delivered.left_shown)


def told_files(delivered: Delivered) -> Iterator[Told]:
    """Say what became of each file that is to be delivered."""
    for story in delivered.stories:
        was, now = _ends(story)
        old = story.origin if story.change is ChangeKind.RENAMED else b""
        yield Told(_shown(story.path), story.change, _shown(old), _digest(was), _digest(now))


def versions_of(bench: Workbench, hotfixes: Sequence[int], path: str) -> tuple[bytes | None, bytes | None]:
    """Give a changed file before and after the hotfixes; None where it was not there.

    Raises ``Denied``, ``Refused`` for a file that they did not change, ``StoreError`` for contents that nobody has.
    """
    _demand_reading(bench, hotfixes)
    for story in what_to_deliver(bench, hotfixes).stories:
        if _shown(story.path) == path:
            was, now = _ends(story)
            return _contents(bench, was), _contents(bench, now)
    raise Refused(f"The hotfix did not change {path}.")


def send_letter(
    bench: Workbench, hotfixes: Sequence[int], letter: Letter, folder: Path, progress: Progress = NOBODY
) -> tuple[Delivery, ...]:
    """Write a letter and its archive into a folder, remember the contact, and enter that the hotfixes were told.

    All of that or nothing. A hotfix of which a file cannot be told stays undelivered. Raises:
        Denied: when the person is no System administrator; that is an entry.
        InvalidInput: ``field`` is ``contact``, ``subject`` or ``body``.
        Refused, StoreError, ExportFailed, Cancelled: nothing was written.
    """
    delivered = what_to_deliver(bench, hotfixes)
    found = delivered.found
    what = plural(len(delivered.numbers), "hotfix", "hotfixes")
    bench.demand(Act.DELIVER, AuditType.DELIVERED, f"tell {found.maintainer or 'the maintainer'} of {what}", found)
    letter = checked_letter(letter)
    at = bench.clock.now().utc
    if not folder.is_dir():
        raise Refused(f"There is no folder {printable(str(folder))}.", "Choose where the files go.")
    archive, mail = folder / f"{letter.id}.zip", folder / f"{letter.id}.eml"
    for target in (archive, mail):
        check_place(bench, target)
    with Landing(archive) as zipped, Landing(mail) as written:
        with zipped.told():
            _pack(bench, delivered, letter, zipped, progress)
        digest = zipped.finish()
        with zipped.told():
            size = zipped.file.seek(0, 2)
            zipped.file.seek(0)
            attached = zipped.file.read() if size <= MAIL_LIMIT else None
        written.write(as_mail(letter, at, attached))
        written.finish()
        waiting = waiting_on(bench, delivered.hotfixes, delivered.left)
        receipt = Receipt(
            DeliveryKind.LETTER,
            f"Letter {letter.id} to {letter.to}",
            {
                "letter": letter.id,
                "sha256": digest,
                "address": letter.to,
                "subject": letter.subject,
                "file": printable(str(archive)),
                "files": str(len(delivered.stories)),
            },
        ).without(delivered.left_shown, delivered.count, waiting)
        progress.check()
        with together(zipped, written) as land, bench.store.transaction():
            bench.store.contacts.keep(found.maintainer, letter.to)
            kept = enter_delivery(bench, delivered.numbers, receipt, found, waiting=waiting)
            land()
    return kept


def patch_of(bench: Workbench, delivered: Delivered, name: str, progress: Progress = NOBODY) -> Iterator[bytes]:
    """Give what hotfixes changed as a patch in git's form, file by file; it begins by saying what it is.

    ``name`` is that of the file which it will be.

    Raises ``Denied``, ``StoreError`` for damaged contents.
    """
    _demand_reading(bench, delivered.numbers)
    yield comment(patch_head(delivered.hotfixes, delivered.found, name))
    for at, story in enumerate(delivered.stories):
        progress.step(at, len(delivered.stories), "Writing the patch")
        was, now = _ends(story)
        if max(_size(was), _size(now)) > BINARY_LIMIT:
            yield left_out(story.path, "it is too large")
            continue
        old_path = story.origin if story.change is ChangeKind.RENAMED else b""
        file = PatchFile(
            story.path, _contents(bench, was), _contents(bench, now), old_path, _git_mode(was), _git_mode(now)
        )
        yield file_patch(file)


def _demand_reading(bench: Workbench, hotfixes: Sequence[int]) -> None:
    what = f"read what {plural(len(hotfixes), 'hotfix', 'hotfixes')} changed"
    bench.demand(Act.READ_CHANGES, AuditType.DELIVERED, what, package_of(bench, hotfixes))


def _pack(bench: Workbench, delivered: Delivered, letter: Letter, landing: Landing, progress: Progress) -> None:
    with zipfile.ZipFile(landing.file, "w", zipfile.ZIP_DEFLATED) as packed:
        _put(packed, "letter.txt", [letter.text.replace("\n", "\r\n").encode()])
        _put(packed, PATCH, patch_of(bench, delivered, PATCH, progress))
        _put(packed, "environment.json", [_environment(bench, delivered).encode()])
        for at, story in enumerate(delivered.stories):
            progress.step(at, len(delivered.stories), "Packing the files")
            for folder, path, fact in zip(("before", "after"), (story.origin, story.path), _ends(story), strict=True):
                if fact is not None and fact.digest != UNREADABLE:
                    # A backslash in a name of Linux would be a folder elsewhere.
                    name = f"{folder}/{_shown(path)}".replace("\\", "_")
                    _put(packed, name, bench.contents.chunks(fact.digest))


def _put(packed: zipfile.ZipFile, name: str, parts: Iterator[bytes] | Sequence[bytes]) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with packed.open(entry, "w", force_zip64=True) as file:
        for part in parts:
            file.write(part)


def _environment(bench: Workbench, delivered: Delivered) -> str:
    found, record = delivered.found, bench.store.administration.workspace()
    facts = {
        "program": f"Hotfix Desktop {__version__}",
        "system": platform.platform(),
        "workspace": record.title if record else bench.workspace.title,
        "package": {
            "name": found.name,
            "uid": found.uid,
            "version": found.version,
            "maintainer": found.maintainer,
            "depends_on": [{"name": d.name, "uid": d.uid, "version": d.version} for d in found.depends_on],
        },
        "hotfixes": [
            {
                "number": hotfix.number,
                "opened": hotfix.lease.opened.utc.isoformat(),
                "closed": hotfix.closed_at.isoformat() if hotfix.closed_at else None,
                "reason": hotfix.reason,
                "ticket": hotfix.ticket,
            }
            for hotfix in delivered.hotfixes
        ],
        "files": [
            {
                "path": told.path,
                "change": told.change.value,
                "old_path": told.old_path or None,
                "sha256_before": told.before.hex() if told.before else None,
                "sha256_after": told.after.hex() if told.after else None,
            }
            for told in told_files(delivered)
        ],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _ends(story: FileStory) -> tuple[Fact | None, Fact | None]:
    return story.steps[0][0].fact, story.steps[-1][1].fact


def _contents(bench: Workbench, fact: Fact | None) -> bytes | None:
    if fact is None:
        return None
    if fact.digest == UNREADABLE:
        raise StoreError("A file could not be read when it was recorded, so nobody has its contents.")
    return bench.contents.read(fact.digest)


def _git_mode(fact: Fact | None) -> int:
    return git_mode(fact is not None and fact.kind is Kind.LINK, fact.mode if fact is not None else 0o644)


def _size(fact: Fact | None) -> int:
    return fact.size if fact is not None else 0


def _digest(fact: Fact | None) -> bytes | None:
    return None if fact is None or fact.digest == UNREADABLE else fact.digest


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
