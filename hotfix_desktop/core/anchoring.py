"""Copies of checkpoints outside of the database, and whether the log still is the one that they saw.

Nothing is hashed again: entry number ``size`` of the log must have the chain hash of the copy, and the log its id.
A copy that contradicts the log stays where it is for ever, for anchors only grow; so an acknowledgement names the
last such copy that it settles, by its digest, and with it all contradicting ones before it in that place.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hotfix_desktop.core.checkpoints import ORIGIN, SignedNote, parse_note
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import NEEDS_ACKNOWLEDGING, Break, Finding

OWN = "the database itself"
"""What the log's own checkpoints are called where they stand beside the anchors."""
STRANGER = "What says so is signed by a key that this log does not know."
_NOTE = re.compile(
    rb"^" + re.escape(ORIGIN).encode() + rb"([0-9a-f]{64})\n([0-9]{1,19})\n[^\n]+\nchain ([0-9A-Za-z+/=]{44})\n"
    rb"(?:[^\n]+\n)+\n\xe2\x80\x94 [^\n]+\n",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A checkpoint as it stands in an anchor; only what comparing needs was read of it.

    Attributes:
        size: how many entries it covers.
        head: the chain hash of the newest of them.
        note: the whole signed note.
    """

    log_id: bytes
    size: int
    head: bytes
    note: str

    @property
    def signer(self) -> str:
        """What names the key that it says it was signed with; empty for one that this program cannot have written."""
        note = self.signed()
        return f"key {note.signature.key_id.hex()}" if note else ""

    @property
    def digest(self) -> str:
        """What names it: the first 32 hexadecimal digits of the note's SHA-256."""
        return hashlib.sha256(self.note.encode()).hexdigest()[:32]

    def signed(self) -> SignedNote | None:
        """Read it as a whole; None when this program cannot have written it."""
        try:
            return parse_note(self.note)
        except ValueError:
            return None


def copies_in(data: bytes) -> tuple[list[Copy], int, bool]:
    """Give the notes of a text in their order, where the last one ends, and whether nonsense stands between them."""
    copies = []
    at, damaged = 0, False
    for match in _NOTE.finditer(data):
        damaged = damaged or bool(data[at : match.start()].strip())
        at = match.end()
        log_id, size, head = match.groups()
        note = match.group().decode("utf-8", "replace")
        copies.append(Copy(bytes.fromhex(log_id.decode()), int(size), base64.b64decode(head), note))
    return copies, at, damaged


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What copies are compared with.

    Attributes:
        log_id: of the log.
        first: the entry after the last that was archived, so the first that has to be there.
        newest: its newest entry; 0 for an empty log.
        hash_of: gives the chain hash of an entry, None for one that is not there.
        is_sealed: whether it has checkpoints of its own.
    """

    log_id: bytes
    first: int
    newest: int
    hash_of: Callable[[int], bytes | None]
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """What the copies of one place say.

    Attributes:
        against: those that contradict the log, in their order.
        agreed: the greatest size at which a copy and the log agree; 0: at none.
        nonsense: how many were passed over, because their signature is not that of the key that they name.
        strangers: which keys signed some of those against the log, and are none of the log's; see ``Copy.signer``.
    """

    against: tuple[Copy, ...] = ()
    agreed: int = 0
    nonsense: int = 0
    strangers: frozenset[str] = frozenset()


def compare(copies: Iterable[Copy], log: LogFacts, is_genuine: Callable[[Copy], bool]) -> Compared:
    """Compare the copies of one place with the log.

    ``is_genuine`` is False for a copy whose signature is wrong; it is asked only of those that contradict, for it
    costs a hundred times the rest.
    """
    against: list[Copy] = []
    agreed = nonsense = 0
    for copy in copies:
        if not contradicts(copy, log):
            agreed = max(agreed, copy.size)
        elif is_genuine(copy):
            against.append(copy)
        else:
            nonsense += 1
    return Compared(tuple(against), agreed, nonsense)


def contradicts(copy: Copy, log: LogFacts) -> bool:
    """Whether a copy was not made of this log as it is."""
    if copy.log_id != log.log_id or copy.size > log.newest:
        return True
    if copy.size < log.first:
        return False  # it is about entries that were archived
    return not log.is_sealed or log.hash_of(copy.size) != copy.head


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody took note of a finding in a role.

    Attributes:
        user: who.
        alone: whether the workspace had no other member then, so that one person may say it in both roles.
        settled: the digests of the copies up to which it counts, one for each place.
        entry: the number of its entry.
    """

    user: str
    role: Role
    alone: bool
    settled: frozenset[str]
    entry: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all places together say.

    Attributes:
        finding: what is wrong; None for a log in order.
        places: the places that say so.
        settles: what an acknowledgement of this finding names.
        acknowledged: by whom it was acknowledged so far.
        is_lifted: whether that is enough.
    """

    finding: Finding | None = None
    places: tuple[str, ...] = ()
    settles: frozenset[str] = frozenset()
    acknowledged: tuple[Acknowledgement, ...] = ()
    is_lifted: bool = False

    @property
    def refuses(self) -> bool:
        """Whether nothing may be unlocked because of it."""
        return self.finding is not None and self.finding.kind in NEEDS_ACKNOWLEDGING and not self.is_lifted


@dataclass(slots=True)
class _Covered:
    """Which contradicting copies are settled by a set of digests: each place up to the last one that is named."""

    places: Mapping[str, Sequence[Copy]]
    _digests: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._digests = {name: [copy.digest for copy in copies] for name, copies in self.places.items()}

    def rest(self, settled: frozenset[str]) -> set[tuple[str, int]]:
        """Give what is left, as places with positions."""
        left = set()
        for name, digests in self._digests.items():
            # The first of its kind counts: who repeats an old copy at the end settles nothing.
            until = max((digests.index(digest) for digest in settled if digest in digests), default=-1)
            left |= {(name, at) for at in range(until + 1, len(digests))}
        if any(each.startswith("key ") for each in settled):
            left = {(name, at) for name, at in left if self.places[name][at].signer not in settled}
        return left

    def lasts(self) -> frozenset[str]:
        return frozenset(digests[-1] for digests in self._digests.values() if digests)


def judge(found: Mapping[str, Compared], log: LogFacts, acknowledged: Sequence[Acknowledgement]) -> Judgement:
    """Give what the places say together; ``found`` has the log's own checkpoints that are ahead of it as ``OWN``."""
    against = {name: compared.against for name, compared in found.items() if compared.against}
    if not against:
        return _all_nonsense(found)
    covered = _Covered(against)
    pairs = [(one, other) for one in acknowledged for other in acknowledged if _may_pair(one, other)]
    everything = covered.rest(frozenset())
    left = set(everything)
    for one, other in pairs:
        left &= covered.rest(one.settled) | covered.rest(other.settled)
    is_lifted = not left
    standing = everything if is_lifted else left
    copies = [against[name][at] for name, at in sorted(standing, key=lambda place: place[1])]
    agreed = max((compared.agreed for compared in found.values()), default=0)
    finding = _finding({name for name, _ in standing}, copies, agreed, log)
    strangers: frozenset[str] = frozenset().union(*(compared.strangers for compared in found.values()))
    if all(copy.log_id == log.log_id and copy.signer in strangers for copy in copies):
        finding = replace(finding, sentence=f"{finding.sentence} {STRANGER}")
    return Judgement(
        finding,
        tuple(name for name in against if any(name == place for place, _ in standing)),
        covered.lasts() | strangers,
        tuple(a for a in acknowledged if not standing & covered.rest(a.settled)),
        is_lifted,
    )


def unsettled(entered: Judgement, acknowledged: Sequence[Acknowledgement]) -> Judgement:
    """Give an earlier finding with what was said of it, for when nothing shows it any more."""
    said = tuple(each for each in acknowledged if entered.settles <= each.settled)
    is_lifted = any(_may_pair(one, other) for one in said for other in said)
    return Judgement(entered.finding, entered.places, entered.settles, said, is_lifted)


def _may_pair(one: Acknowledgement, other: Acknowledgement) -> bool:
    if (one.role, other.role) != (Role.ADMINISTRATOR, Role.AUDITOR):
        return False
    return one.user != other.user or (one.alone and other.alone)


def _all_nonsense(found: Mapping[str, Compared]) -> Judgement:
    for name, compared in found.items():
        if compared.nonsense and not compared.agreed:
            sentence = f"No copy of a checkpoint in {name} bears a signature of this log's keys."
            return Judgement(Finding(Break.SIGNATURE, 1, 1, sentence), (name,))
    return Judgement()


def _finding(places: set[str], copies: Sequence[Copy], agreed: int, log: LogFacts) -> Finding:
    if any(copy.log_id != log.log_id for copy in copies):
        sentence = "The audit log was replaced: copies of its checkpoints were made of a different log."
        return Finding(Break.REPLACED, 1, 1, sentence)
    if not log.is_sealed:
        sentence = "The audit log was replaced: it has no checkpoints, and there are copies of some."
        return Finding(Break.REPLACED, 1, log.newest, sentence)
    furthest = max(copy.size for copy in copies)
    first = min(copy.size for copy in copies)
    lost = f"{furthest:,} entries were signed, and there are {log.newest:,}."
    if OWN in places and furthest > log.newest:
        sentence = f"The end of the audit log is missing: {lost}"
        return Finding(Break.TRUNCATED, log.newest + 1, log.newest + 1, sentence)
    if first > log.newest:
        return Finding(Break.ROLLED_BACK, log.newest + 1, log.newest + 1, f"The audit log was rolled back: {lost}")
    since = agreed + 1 if agreed < first else max(log.first, 1)
    sentence = f"The audit log was rolled back: entry {first:,} is not the one that was signed."
    return Finding(Break.ROLLED_BACK, since, first, sentence)
