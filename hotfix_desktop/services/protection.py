"""Taking a package folder under protection, giving it back, and leaving single packages modifiable."""

from __future__ import annotations

from collections.abc import Sequence

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Cancelled, HotfixError, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Kept
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.catalogue import kept_by_name
from hotfix_desktop.services.closing import begin_opening, close_files, open_files, working_on
from hotfix_desktop.services.drift import take_baseline
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.update_recovery import recover_held
from hotfix_desktop.services.workbench import Workbench, not_protected, unknown_package
from hotfix_desktop.store.administration import Protection
from hotfix_desktop.store.packages import StoredPackage

CONSENT = (
    "Protecting this folder makes the files and folders of its packages read-only. "
    "A package opens only when it is unlocked for a hotfix, and closes again by itself. "
    "“Release folder…” gives every file its original rights back."
)
"""What protecting means, as the window says it before it asks."""


def is_protected(bench: Workbench) -> bool:
    """Whether the workspace's files are in this program's care."""
    record = bench.store.administration.workspace()
    return record is not None and record.protection is Protection.PROTECTED


def demand_protected(bench: Workbench) -> None:
    """Raise ``Refused`` unless the workspace is protected."""
    if not is_protected(bench):
        raise not_protected()


def register(bench: Workbench) -> None:
    """Record the workspace in its database when it is new; whoever does that is its first administrator."""
    if bench.store.administration.workspace() is not None:
        return
    with bench.store.transaction():
        if bench.store.administration.workspace() is not None:
            return  # another window was faster
        record = bench.store.administration.create_workspace(
            bench.workspace.location, bench.workspace.title, bench.person.user, bench.clock.now()
        )
        bench.enter(
            bench.event(
                AuditType.WORKSPACE_CREATED,
                f"{bench.person.user} created the workspace {record.title} and is its first System administrator",
                location=record.location,
                log_id=record.log_id.hex(),
            )
        )


def opened(bench: Workbench) -> None:
    """Enter that the workspace was opened; a workspace that nobody has protected yet has no log."""
    record = bench.store.administration.workspace()
    if record is not None:
        bench.enter_alone(
            bench.event(
                AuditType.WORKSPACE_OPENED,
                f"{bench.person.user} opened the workspace {record.title}",
                location=bench.workspace.location,
            )
        )


def protect(bench: Workbench, progress: Progress = NOBODY) -> int:
    """Close every package that can be unlocked later; gives how many. The caller has the user's consent.

    A cancel or failure half-way gives every file its mode back and says so.
    """
    register(bench)
    bench.demand(Act.PROTECT, AuditType.FOLDER_PROTECTED, "protect the folder")
    with bench.store.exclusive.holding("workspace", "this workspace", patience=10):
        record = bench.store.administration.workspace()
        if record is not None and record.protection is Protection.PROTECTED:
            raise Refused("This folder is protected already.")
        resumed = any(package.files is not Files.OPEN for package in bench.store.packages.all())
        listing = bench.workspace.list_packages(progress)
        bench.store.packages.remember(listing.packages, kept_by_name(listing.packages))
        with bench.store.transaction():
            bench.store.administration.set_protection(Protection.PROTECTING)
        packages = _closable(bench)
        try:
            if not resumed:
                _refuse_closed_by_another(bench, packages)
            for number, package in enumerate(packages):
                progress.step(number, len(packages), package.found.name)
                with working_on(bench, package):
                    close_files(bench, package.package_id, Within(progress))
                    bench.store.packages.set_files(package.package_id, Files.CLOSED)
                    take_baseline(bench, package.package_id, Within(progress))
            with bench.store.transaction():
                for package in packages:
                    if package.kept is Kept.NEW:
                        bench.store.packages.set_kept(package.package_id, Kept.NO)
                for package in bench.store.packages.all():
                    if package.kept is Kept.NO and package.files is Files.OPEN:
                        # Given back earlier, and away or unsound now: when it is back it is not closed.
                        bench.store.packages.set_kept(package.package_id, Kept.NEW)
                bench.store.administration.set_protection(Protection.PROTECTED)
                bench.enter(
                    bench.event(
                        AuditType.FOLDER_PROTECTED,
                        f"{plural(len(packages), 'package')} closed: files and folders are read-only",
                        location=bench.workspace.location,
                        packages=len(packages),
                    )
                )
        except (Exception, KeyboardInterrupt) as error:
            raise _undo_protect(bench, error) from error
    seal(bench)
    return len(packages)


def release(bench: Workbench, progress: Progress = NOBODY) -> int:
    """Give every closed package its original modes back; gives how many.

    Refused while a package is unlocked. A cancel or failure half-way closes again what was given back. What is
    not there now keeps its rights and is named; once it is back, releasing again gives it back, too. It also
    undoes a protecting or releasing that died half-way.
    """
    bench.demand(Act.RELEASE, AuditType.FOLDER_RELEASED, "release the folder")
    with bench.store.exclusive.holding("workspace", "this workspace", patience=10):
        recover_held(bench)
        closed = [p for p in bench.store.packages.all() if p.files is not Files.OPEN]
        here = [p for p in closed if not p.missing]
        if not here:
            demand_protected(bench)
        away = sorted(p.found.name for p in closed if p.missing)
        with bench.store.transaction():
            # In one transaction with the look: an unlock records its wish before or after, never in between.
            _demand_nothing_open(bench)
            bench.store.administration.set_protection(Protection.RELEASING)
        try:
            _open_all(bench, here, progress)
            with bench.store.transaction():
                bench.store.administration.set_protection(Protection.RELEASED)
                for package in here:
                    bench.store.baselines.forget_drift(package.package_id)
                text = f"{plural(len(here), 'package')} given back with the original rights"
                if away:
                    text += f"; not there, and still closed: {', '.join(away)}"
                bench.enter(
                    bench.event(AuditType.FOLDER_RELEASED, text, location=bench.workspace.location, packages=len(here))
                )
        except (Exception, KeyboardInterrupt) as error:
            raise _undo_release(bench, here, error) from error
    seal(bench)
    return len(here)


def _demand_nothing_open(bench: Workbench) -> None:
    open_now = bench.store.hotfixes.not_closed()
    if open_now:
        names = ", ".join(sorted(h.package_name for h in open_now))
        raise Refused(f"The folder cannot be released while packages are unlocked: {names}.", "Lock them first.")


def keep_modifiable(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> None:
    """Mark a package as the user's own: it is opened for good and never closed by this program.

    Raises ``Refused`` for a package that is open for a hotfix or modifiable already.
    """
    package = _get(bench, package_id)
    name = package.found.name
    bench.demand(Act.PROTECT, AuditType.PACKAGE_MODIFIABLE, "keep modifiable", package.found)
    demand_protected(bench)
    _demand_sound(package)
    with working_on(bench, package):
        package = _get(bench, package_id)
        if package.kept not in (Kept.NO, Kept.NEW):
            raise Refused(f"{name} is modifiable already.")
        if any(h.package_id == package_id for h in bench.store.hotfixes.not_closed()):
            raise Refused(f"{name} is unlocked for a hotfix.", "Lock it first.")
        closed = package.files is not Files.OPEN
        if closed:
            with bench.store.transaction():
                begin_opening(bench, package_id)
                bench.enter(
                    bench.event(
                        AuditType.MODIFIABLE_REQUESTED, "Is to be opened for good, as our own", found=package.found
                    )
                )
        try:
            if closed:
                open_files(bench, package, progress)
            with bench.store.transaction():
                bench.store.packages.set_files(package_id, Files.OPEN)
                bench.store.packages.set_kept(package_id, Kept.MARKED)
                bench.store.baselines.forget_drift(package_id)
                bench.enter(
                    bench.event(
                        AuditType.PACKAGE_MODIFIABLE,
                        "Marked as our own: its files stay modifiable",
                        found=package.found,
                    )
                )
        except (Exception, KeyboardInterrupt):
            if closed:  # one that is new was never closed
                close_files(bench, package_id, must=True)
                bench.store.packages.set_files(package_id, Files.CLOSED)
            raise


def protect_package(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> None:
    """Close a package that was left modifiable: one that is new, marked as the user's own, or Creatio's ``Custom``."""
    package = _get(bench, package_id)
    bench.demand(Act.PROTECT, AuditType.PACKAGE_PROTECTED, "protect the package", package.found)
    demand_protected(bench)
    _demand_sound(package)
    with working_on(bench, package):
        if _get(bench, package_id).kept is Kept.NO:
            raise Refused(f"{package.found.name} is protected already.")
        try:
            close_files(bench, package_id, progress)
            with bench.store.transaction():
                bench.store.packages.set_files(package_id, Files.CLOSED)
                bench.store.packages.set_kept(package_id, Kept.NO)
                bench.enter(
                    bench.event(
                        AuditType.PACKAGE_PROTECTED,
                        "Closed: files and folders are read-only",
                        found=package.found,
                    )
                )
            take_baseline(bench, package_id, progress)
        except (WorkspaceError, StoreError, Cancelled):
            _give_back(bench, _get(bench, package_id))
            raise


def _get(bench: Workbench, package_id: int) -> StoredPackage:
    package = bench.store.packages.get(package_id)
    if package is None:
        raise unknown_package(str(package_id))
    return package


def _refuse_closed_by_another(bench: Workbench, packages: Sequence[StoredPackage]) -> None:
    """Refuse a folder whose every package is read-only: their rights now are not the ones to give back later."""
    if packages and all(bench.workspace.look(p.found.key) is Openness.CLOSED for p in packages):
        raise WorkspaceError(
            "Every package of this folder is read-only already: perhaps Hotfix Desktop protects it from another home.",
            "Release it there first, or give the files their write permission back.",
        )


def _demand_sound(package: StoredPackage) -> None:
    if package.found.problem or not package.found.synchronised:
        raise Refused(f"{package.found.name} is not synchronised and is left as it is.")


def _closable(bench: Workbench) -> list[StoredPackage]:
    return [
        package
        for package in bench.store.packages.all()
        if package.kept in (Kept.NO, Kept.NEW)
        and package.found.synchronised
        and not package.found.problem
        and not package.missing
    ]


def _open_all(bench: Workbench, closed: Sequence[StoredPackage], progress: Progress) -> None:
    for number, package in enumerate(closed):
        progress.step(number, len(closed), package.found.name)
        with working_on(bench, package):
            begin_opening(bench, package.package_id)
            open_files(bench, package, Within(progress))
            bench.store.packages.set_files(package.package_id, Files.OPEN)


def _give_back(bench: Workbench, package: StoredPackage) -> None:
    if package.files is Files.OPEN:
        return
    begin_opening(bench, package.package_id)
    open_files(bench, package)
    bench.store.packages.set_files(package.package_id, Files.OPEN)


def _undo_protect(bench: Workbench, error: BaseException) -> BaseException:
    problems = []
    for package in bench.store.packages.all():
        try:
            # Held, or a beat takes the package for one that a dead program was opening, and closes it in between:
            # then its read-only modes would be recorded as its own the next time.
            with working_on(bench, package):
                _give_back(bench, _get(bench, package.package_id))
        except (WorkspaceError, StoreError) as second:
            problems.append(f"{package.found.name}: {second}")
    _enter_undone(bench, Protection.NONE, AuditType.FOLDER_PROTECTED, "Not protected", error, problems)
    return _as_same(error, "The folder was not protected, and every file has its rights back.", problems)


def _undo_release(bench: Workbench, tried: Sequence[StoredPackage], error: BaseException) -> BaseException:
    problems = []
    for package in tried:
        try:
            with working_on(bench, package):
                if _get(bench, package.package_id).files is not Files.CLOSED:
                    close_files(bench, package.package_id, must=True)
                    bench.store.packages.set_files(package.package_id, Files.CLOSED)
        except (WorkspaceError, StoreError) as second:
            problems.append(f"{package.found.name}: {second}")
    _enter_undone(bench, Protection.PROTECTED, AuditType.FOLDER_RELEASED, "Not released", error, problems)
    return _as_same(error, "The folder was not released and stays protected.", problems)


def _enter_undone(
    bench: Workbench,
    now: Protection,
    kind: AuditType,
    what: str,
    error: BaseException,
    problems: list[str],
) -> None:
    """Record what the folder is again; a database that takes nothing now leaves it to the next start."""
    sentence = error.sentence if isinstance(error, HotfixError) else f"{type(error).__name__}."
    try:
        with bench.store.transaction():
            bench.store.administration.set_protection(now)
            bench.enter(bench.event(kind, f"{what}: {sentence}", result=AuditResult.FAILURE))
    except StoreError as second:
        problems.append(str(second))


def _as_same(error: BaseException, sentence: str, problems: list[str]) -> BaseException:
    if not isinstance(error, HotfixError):
        return error  # a bug, or Ctrl+C: undone, but not to be told as an error of the world
    details = "\n".join([error.details, *problems]).strip()
    if problems:
        sentence = f"{sentence.rstrip('.')}, except for {plural(len(problems), 'package')}."
    if isinstance(error, Cancelled):
        cancelled = Cancelled(f"Cancelled. {sentence}")
        cancelled.details = details
        return cancelled
    return type(error)(f"{sentence} {error.sentence}", error.remedy, details)
