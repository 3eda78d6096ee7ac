"""Taking a package away as an archive that a Creatio accepts, and the entry that says so.

What is taken is what the package contains now, open or closed. Order of steps: check the role → look at the files →
write a file that has no name yet → make it durable → enter the export → give the file its name. So what was
cancelled, killed or failed leaves neither half a file nor an entry. Each file is compared with what the look at the
package found: an archive is never made of two moments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.changes import prefix_of
from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Kind, Manifest, shown_paths
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.workbench import Workbench, unknown_package

BUNDLE = ".zip"
"""A file with this ending becomes a bundle of one package, any other one the package itself."""
_DESCRIPTOR = b"descriptor.json"
_NOT_CONTENT = frozenset({b".git", b".svn", b".hg"})
"""What version control keeps beside the files; no archive holds it."""
_NAMED_IN_ENTRY = 50


@dataclass(frozen=True, slots=True)
class ExportedPackage:
    """What was taken away.

    Attributes:
        path: where it lies now.
        found: the package.
        files: how many files are in it.
        sha256: of the archive, as hexadecimal digits.
        left_out: what no archive can hold, for people: links, pipes, and what lies beside the content.
    """

    path: Path
    found: FoundPackage
    files: int
    sha256: str
    left_out: tuple[str, ...]


def export_package(bench: Workbench, package_id: int, target: Path, progress: Progress = NOBODY) -> ExportedPackage:
    """Write a package to a file, which is replaced if there is one.

    Raises ``Denied``, ``Refused``, ``InvalidInput``, ``StoreError``, ``WorkspaceError``, ``ExportFailed``, and
    ``Cancelled``; then there is no file, and an older one of that name is as it was.
    """
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    found = package.found
    bench.demand(Act.EXPORT_PACKAGE, AuditType.ARCHIVE_EXPORTED, f"export the package {found.name}", found)
    check_place(bench, target)
    tree = bench.workspace.survey(found.key, bench.store.baselines.manifest(package_id), Within(progress))
    chosen, left_out = _chosen(found, tree)
    with Landing(target) as landing:
        contents = _contents(bench, found, tree, bench.archives.ordered(list(chosen)), chosen, progress)
        with landing.told():
            if landing.target.suffix.casefold() == BUNDLE:
                bench.archives.write_bundle(landing.file, [(found.name, contents)], Within(progress))
            else:
                bench.archives.write_package(landing.file, contents, Within(progress))
        made = ExportedPackage(landing.target, found, len(chosen), landing.finish(), left_out)
        check_place(bench, landing.target)  # again: a link may lead elsewhere by now
        _enter(bench, tree, made)
        landing.land()
    return made


def _chosen(found: FoundPackage, tree: Manifest) -> tuple[dict[bytes, bytes], tuple[str, ...]]:
    """Say which files go into the archive, as the path there and the path in the package, and what does not."""
    prefix = prefix_of(tree)
    chosen: dict[bytes, bytes] = {}
    left_out: list[bytes] = []
    for path, fact in tree.items.items():
        if fact.kind is Kind.FOLDER:
            continue
        inside = path.startswith(prefix) and _NOT_CONTENT.isdisjoint(path.split(b"/"))
        if fact.kind is Kind.FILE and inside:
            chosen[path.removeprefix(prefix)] = path
        else:
            left_out.append(path)
    if _DESCRIPTOR not in chosen:
        raise Refused(
            f"{found.name} cannot be exported: it has no descriptor.json.",
            "Load the package to this folder completely first.",
        )
    return chosen, shown_paths(sorted(left_out))


def _contents(
    bench: Workbench,
    found: FoundPackage,
    tree: Manifest,
    ordered: list[bytes],
    chosen: dict[bytes, bytes],
    progress: Progress,
) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """Read the files; raises ``WorkspaceError`` for one that is not as it was found, or is gone."""
    paths = [chosen[path] for path in ordered]
    reader = bench.workspace.read(found.key, paths, Within(progress))
    for number, (name, path) in enumerate(zip(ordered, paths, strict=True)):
        progress.step(number, len(paths), next(iter(shown_paths([name]))))
        read = next(reader, None)
        expected = tree.items[path].digest
        if read is None or read[0] != path or expected == UNREADABLE:
            raise _unread(found, path, "cannot be read")
        yield name, _same(read[1], expected, found, path)


def _same(pieces: Iterator[bytes], expected: bytes, found: FoundPackage, path: bytes) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.digest() != expected:
        raise _unread(found, path, "was changed while it was read")


def _unread(found: FoundPackage, path: bytes, why: str) -> WorkspaceError:
    shown = next(iter(shown_paths([path])))
    return WorkspaceError(
        f"{found.name} was not exported: “{shown}” {why}.", "Look at that file, close what writes to it, and try again."
    )


def _enter(bench: Workbench, tree: Manifest, made: ExportedPackage) -> None:
    version = f" {made.found.version}" if made.found.version else ""
    left = f", {plural(len(made.left_out), 'item')} left out" if made.left_out else ""
    bench.enter_alone(
        bench.event(
            AuditType.ARCHIVE_EXPORTED,
            f"{bench.person.user} exported {made.found.name}{version}: {plural(made.files, 'file')}{left}",
            found=made.found,
            file=made.path.name,
            sha256=made.sha256,
            files=made.files,
            tree=tree.digest().hex(),
            left_out=list(made.left_out[:_NAMED_IN_ENTRY]),
        )
    )
