"""Merges what hotfixes did onto a commit of development, file by file; objects are made in a scratch only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hotfix_desktop.core.delivery_plan import Merge, MergedFile
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.manifest import UNREADABLE, Kind
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.merge import Outcome, is_text, merge_contents, merge_entries
from hotfix_desktop.repositories.places import FILE, LINK, PROGRAM, SUBMODULE, Entry, Listing, shown_path
from hotfix_desktop.repositories.scratch import Given, Scratch, folders_of
from hotfix_desktop.services.delivery_steps import Delivered, FileStory, Moment, not_delivered
from hotfix_desktop.services.workbench import Workbench

_FILTER = (
    "the repository takes in through a program (its filter “NAME”), and that is not run from here. Commit it there with"
    " git, then mark the hotfix as delivered"
)
Versions = tuple[bytes | None, bytes | None, bytes | None, bytes | None]


@dataclass(frozen=True, slots=True)
class Merged:
    """A file of a plan, and what would become of it.

    Attributes:
        place: below the repository.
        old_place: where it lies now and would lie no more; else None.
        base, ours, theirs: as the repository would keep them; all in all, over all steps.
        outcome: what would be there without anybody's decision; development's own for a conflict.
    """

    file: MergedFile
    place: bytes
    old_place: bytes | None
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    outcome: Outcome


class Merging:
    """Merges one delivery onto one commit.

    Attributes:
        left: what cannot be delivered there: the place of each file in the repository, and its path; sorted by place.
        remarks: what of that is the repository's doing, in sentences. Both are known after :meth:`merge`.
    """

    def __init__(
        self, bench: Workbench, delivered: Delivered, scratch: Scratch, listing: Listing, package: bytes
    ) -> None:
        """Merge ``delivered`` into the folder ``package`` of the scratch's commit, whose files are ``listing``."""
        self._bench = bench
        self._delivered = delivered
        self._scratch = scratch
        self._listing = listing
        self._root = package + b"/" if package else b""
        self.left: Mapping[bytes, bytes] = {}
        self.remarks: tuple[str, ...] = ()
        self._folders = {folder for path in listing for folder in folders_of(path)}
        # Production may spell a name in another case than development does: they mean the same file.
        self._spelling = {path.lower(): path for path in (*self._folders, *listing) if path.startswith(self._root)}
        self._as_they_are = {
            s.path for s in delivered.stories if s.path != s.origin and s.path.lower() == s.origin.lower()
        }

    def merge(self, only: Collection[bytes] | None = None, progress: Progress = NOBODY) -> list[Merged]:
        """Merge all files, or some; raises ``StoreError``, ``GitFailed``, ``Cancelled``, ``Refused`` if none is left.

        Files that go through a filter of the repository are left out: only its own git may run that program.
        """
        stories = [story for story in self._delivered.stories if only is None or story.path in only]
        through = self._filters(stories, progress)
        stories = [story for story in stories if story.path not in through]
        left = [*self._delivered.left, *through]
        self.left = dict(sorted((self.place(path), path) for path in left))
        self.remarks = tuple(
            not_delivered(_FILTER.replace("NAME", name), [path for path, other in through.items() if other == name])
            for name in sorted(set(through.values()))
        )
        if not stories and through:
            raise Refused("None of the changed files can be delivered there.", " ".join(self.remarks))
        most = max((len(story.steps) for story in stories), default=0)
        entries: list[tuple[dict[Moment, Entry], dict[Moment, Entry]]] = []
        for number in range(most):
            steps = [story.steps[number] for story in stories if number < len(story.steps)]
            befores, afters = [before for before, _ in steps], [after for _, after in steps]
            entries.append((self._objects(befores, progress), self._objects(afters, progress)))
        merged = []
        for at, story in enumerate(stories):
            progress.step(at, len(stories), shown_path(story.path))
            merged.append(self._one(story, entries))
        return merged

    def _filters(self, stories: Sequence[FileStory], progress: Progress) -> dict[bytes, str]:
        """Give the names of the filters, by the path of each file that goes through one before or after."""
        places = {
            story.path: {self.place(moment.path) for step in story.steps for moment in step if moment.fact is not None}
            for story in stories
        }
        rules = [
            self._given(moment, progress)
            for story in stories
            for moment in (story.steps[-1][1],)
            if moment.fact is not None and moment.fact.kind is Kind.FILE and moment.path.endswith(b".gitattributes")
        ]
        found = self._scratch.filters(sorted(set().union(*places.values())), rules)
        return {
            path: min(found[place] for place in some if place in found)
            for path, some in places.items()
            if not some.isdisjoint(found)
        }

    def versions(self, merged: Merged) -> Versions:
        """Give base, ours, theirs and merged; see ``delivering.versions``."""
        base, ours, theirs = (self._contents(entry) for entry in (merged.base, merged.ours, merged.theirs))
        if merged.file.merge is not Merge.CONFLICT:
            return base, ours, theirs, self._contents(merged.outcome.entry)
        if ours is None or theirs is None or not merged.file.is_text:
            return base, ours, theirs, None
        both = merge_contents(base or b"", ours, theirs)
        return base, ours, theirs, both.marked if both is not None else None

    def _contents(self, entry: Entry | None) -> bytes | None:
        return self._scratch.read(entry.oid) if entry is not None and entry.mode != SUBMODULE else None

    def _one(self, story: FileStory, entries: list[tuple[dict[Moment, Entry], dict[Moment, Entry]]]) -> Merged:
        place, origin = self.place(story.path), self.place(story.origin)
        old_place = origin if origin != place and origin in self._listing else None
        theirs = self._listing.get(place) or (self._listing.get(origin) if old_place else None)
        base, ours = entries[0][0].get(story.steps[0][0]), entries[len(story.steps) - 1][1].get(story.steps[-1][1])
        if self._is_in_the_way(place):
            outcome = Outcome(Merge.CONFLICT, theirs)
        else:
            outcome = self._outcome(story, entries, theirs)
        if outcome.merge is Merge.SAME and old_place is not None:
            outcome = replace(outcome, merge=Merge.TAKEN)  # it is there, but the old one still is, too
        file = MergedFile(
            path=story.path,
            place=shown_path(place),
            merge=outcome.merge,
            change=story.change,
            old_place=shown_path(old_place) if old_place is not None else "",
            is_text=outcome.merge is not Merge.CONFLICT or self._is_text(base, ours, theirs),
        )
        return Merged(file, place, old_place, base, ours, theirs, outcome)

    def _outcome(
        self,
        story: FileStory,
        entries: list[tuple[dict[Moment, Entry], dict[Moment, Entry]]],
        theirs: Entry | None,
    ) -> Outcome:
        """Apply all steps one after the other; a conflict of any of them is one of the whole."""
        now, merges = theirs, []
        for number, (before, after) in enumerate(story.steps):
            outcome = merge_entries(
                entries[number][0].get(before), entries[number][1].get(after), now, self._scratch.read
            )
            merges.append(outcome.merge)
            if outcome.merge is Merge.CONFLICT:
                return Outcome(Merge.CONFLICT, theirs)
            if outcome.contents is not None and outcome.entry is not None:
                now = Entry(outcome.entry.mode, self._scratch.put(outcome.contents))
            elif outcome.merge is not Merge.SAME:
                now = outcome.entry
        if all(merge is Merge.SAME for merge in merges):
            return Outcome(Merge.SAME, theirs)
        return Outcome(Merge.MERGED if Merge.MERGED in merges else Merge.TAKEN, now)

    def place(self, path: bytes) -> bytes:
        """Give where a file of the package lies in the repository, as development spells it."""
        wanted = self._root + path.removeprefix(self._delivered.prefix)
        if wanted in self._listing or path in self._as_they_are:
            return wanted
        for upper in (wanted, *folders_of(wanted)):
            if (spelt := self._spelling.get(upper.lower())) is not None:
                return spelt + wanted[len(upper) :]
        return wanted

    def _is_in_the_way(self, place: bytes) -> bool:
        """Whether development has a folder where the file should be, or a file where its folder should be."""
        if place in self._listing:
            return False
        return place in self._folders or any(folder in self._listing for folder in folders_of(place))

    def _is_text(self, *entries: Entry | None) -> bool:
        return all(
            entry is None or (entry.mode not in (LINK, SUBMODULE) and is_text(self._scratch.read(entry.oid)))
            for entry in entries
        )

    def _objects(self, moments: list[Moment], progress: Progress) -> dict[Moment, Entry]:
        """Make the objects of files as they were, at their places."""
        files = [m for m in moments if m.fact is not None and m.fact.kind is Kind.FILE and m.fact.digest != UNREADABLE]
        links = [m for m in moments if m.fact is not None and m.fact.kind is Kind.LINK]
        found: dict[Moment, Entry] = {}
        made = self._scratch.filtered([self._given(moment, progress) for moment in files])
        for moment in files:
            found[moment] = Entry(self._mode(moment), made[self.place(moment.path)])
        for moment in links:
            found[moment] = Entry(LINK, self._scratch.put(b"".join(self._given(moment, progress).source())))
        return found

    def _given(self, moment: Moment, progress: Progress) -> Given:
        assert moment.fact is not None
        progress.check()
        return Given(
            self.place(moment.path), moment.fact.size, partial(self._bench.contents.chunks, moment.fact.digest)
        )

    def _mode(self, moment: Moment) -> str:
        assert moment.fact is not None
        runs = moment.fact.mode & 0o111 and not self._delivered.is_executable
        return PROGRAM if runs else FILE


def result_of(merged: Merged) -> Mapping[bytes, Entry | None]:
    """Give what a file without a decision changes in the repository."""
    changes: dict[bytes, Entry | None] = {}
    if merged.old_place is not None:
        changes[merged.old_place] = None
    changes[merged.place] = merged.outcome.entry
    return changes
