#!/usr/bin/env python3
"""Checks an evidence bundle of Hotfix Desktop. It needs Python 3.8 or newer, and nothing else.

    python3 -I verify.py [BUNDLE.zip or its folder] [--key FINGERPRINT] [--allow-newer]

Exit code 0: all entries of the bundle are proven. 1: something is wrong or not proven, and a sentence says what.

What is proven, and how: each entry is written as its canonical bytes and hashed (SHA-256); these hashes and those of
proof.txt, which stand for the entries that are not in the bundle, are put together to the Merkle root (RFC 6962) of a
checkpoint; the checkpoint's Ed25519 signature (RFC 8032) is checked with the key that the log announced for it, and
that key with the one before it, up to the first. The texts for people (report.html, README.txt, keys.txt) are made
again from the entries and compared. --key is the fingerprint of a key that you know from elsewhere, and
--allow-newer accepts entries that are newer than the last checkpoint.
"""

from __future__ import annotations

import argparse
import base64
import gc
import hashlib
import json
import os
import struct
import sys
import zlib
from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

FORMAT = "hotfix-desktop evidence bundle"
VERSION = 1
FIELDS = ("number", "utc_us", "boot_us", "boot_id", "owner", "ip_address", "type", "result", "package", "package_uid",
          "description", "reason", "ticket", "detail", "hotfix")  # fmt: skip
NAMES = ("entries.jsonl", "keys.jsonl", "broken.jsonl", "checkpoints.txt", "proof.txt", "keys.txt", "verify.py",
         "README.txt", "report.html", "manifest.json", "manifest.sha256")  # fmt: skip
SHOWN = 10_000
ORIGIN = "hotfix-desktop/"
KEY_TYPE = "Signing key changed"
SAID = "said by whoever made this bundle, not proven"
FACTS = ("format", "version", "log_id", "first", "filter", "query", "order", "entry_fields", "entries", "first_number",
         "last_number", "since", "until", "complete", "unproven", "signed", "keys", "key_before", "finding", SAID,
         "proven", "not_proven", "files")  # fmt: skip
MOST = 2**63
CHUNK = 8 << 20
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
HEAD = struct.Struct(">BQQQ")
LENGTH = struct.Struct(">I")
Raw = Dict[str, Any]


NONSENSE = "This is not a bundle that this program made (%s: %s)."


class Bad(Exception):
    """Something is wrong with the bundle; the text says what."""


# --- the canonical bytes of an entry, and its leaf hash


class Packed(Dict[str, bytes]):
    """Texts with their length before them; most come again and again."""

    def __missing__(self, text: str) -> bytes:
        """Pack a new one."""
        data = text.encode("utf-8")
        packed = LENGTH.pack(len(data)) + data
        if len(self) < 50_000 and len(data) < 200:
            self[text] = packed
        return packed


def leaves_of(rows: Sequence[Sequence[Any]]) -> List[bytes]:
    """Give the leaf hash of each entry, from its fields; raises ``Bad`` for what is no entry."""
    packed, pack, sha256, join = Packed().__getitem__, HEAD.pack, hashlib.sha256, b"".join
    found = []
    row: Any = None
    try:
        for row in rows:
            if len(row) != 15 or type(row[0]) is not int:
                raise ValueError
            head = b"\x00" + pack(1, row[0], row[1], row[2])
            found.append(sha256(head + join(map(packed, row[3:]))).digest())
    except (ValueError, TypeError, AttributeError, KeyError, struct.error):
        raise Bad("This is no entry of an audit log: %.200r" % (row,))
    return found


def parse_lines(data: bytes, what: str) -> List[List[Any]]:
    """Read lines of JSON."""
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise Bad("%s ends inside a line." % what)
    try:
        rows = json.loads(b"[" + data[:-1].replace(b"\n", b",") + b"]")
    except ValueError:
        raise Bad("%s holds a line that is no JSON." % what)
    if len(rows) != data.count(b"\n") or not all(type(row) is list for row in rows):
        raise Bad("%s holds a line that is no entry." % what)
    return rows  # type: ignore[no-any-return]


# --- the Merkle tree


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of an inner node (RFC 6962)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def lacking(places: List[int], last: int) -> List[int]:
    """Give the siblings of nodes of one level that are not among them."""
    if not places:
        return []
    if places[-1] - places[0] + 1 == len(places):
        ends = [places[0] - 1] if places[0] & 1 else []
        return ends + ([places[-1] + 1] if not places[-1] & 1 and places[-1] < last else [])
    there = set(places)
    return sorted({at ^ 1 for at in places if at ^ 1 not in there and at ^ 1 <= last})


def roots_of(
    size: int, places: List[int], hashes: List[bytes], proof: Iterator[bytes], sizes: Sequence[int]
) -> Dict[int, bytes]:
    """Give the root of the tree of ``size`` leaves, and of the trees that its first leaves were, by their size.

    ``places`` and ``hashes`` are the known leaves in order; ``proof`` gives what they lack, level by level.
    """
    sha256 = hashlib.sha256
    parts: Dict[int, List[bytes]] = {wanted: [] for wanted in sizes if wanted != size}
    level, last = 0, size - 1
    while True:
        missing = lacking(places, last)
        if missing:
            try:
                both = sorted(list(zip(places, hashes)) + [(at, next(proof)) for at in missing])
            except (StopIteration, RuntimeError):
                raise Bad("proof.txt is too short for these entries.")
            places, hashes = [at for at, _ in both], [node for _, node in both]
        for wanted, found in parts.items():
            if wanted >> level & 1:
                node = (wanted >> level) - 1
                at = bisect_left(places, node)
                if at == len(places) or places[at] != node:
                    raise Bad("The proof does not lead to the checkpoint of %d entries." % wanted)
                found.append(hashes[at])
        if last == 0:
            break
        odd = [hashes[-1]] if len(hashes) % 2 else []
        if (odd and (places[-1] != last or last & 1)) or places[1::2] != [
            at + 1 for at in places[: len(places) - len(odd) : 2]
        ]:
            raise Bad("The proof does not fit the entries.")
        pairs = iter(hashes)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs)] + odd
        places = [at >> 1 for at in places[::2]]
        level += 1
        last >>= 1
    if len(hashes) != 1 or next(proof, None) is not None:
        raise Bad("proof.txt does not fit these entries.")
    roots = {size: hashes[0]}
    for wanted, found in parts.items():
        root = found[0]
        for left in found[1:]:
            root = node_hash(left, root)
        roots[wanted] = root
    return roots


# --- Ed25519 (RFC 8032), in plain Python: for checking only

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = Tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(a: Point) -> Point:
    x, y = a[0] * a[0] % P, a[1] * a[1] % P
    h = x + y
    e, g = h - (a[0] + a[1]) ** 2, x - y
    f = 2 * a[2] * a[2] + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def _point(data: bytes) -> Point:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        raise ValueError
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT % P
    if (x * x - squared) % P or (x == 0 and sign):
        raise ValueError
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point(bytes([88] + [102] * 31))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a message bears the signature of a key."""
    try:
        key = _point(public)
        _point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    minus = (P - key[0], key[1], 1, P - key[3])
    table = [ZERO, BASE, minus, _add(BASE, minus)]  # s·B - h·A, both bit by bit at once
    result = ZERO
    for at in range(252, -1, -1):
        result = _double(result)
        which = (s >> at & 1) | (h >> at & 1) << 1
        if which:
            result = _add(result, table[which])
    inverse = pow(result[2], P - 2, P)
    x, y = result[0] * inverse % P, result[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- checkpoints (C2SP signed notes) and keys


def unbase64(text: str, length: int) -> bytes:
    """Read base64 of so many bytes, written in the one right way."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if len(data) != length or base64.b64encode(data).decode() != text:
        raise Bad("A checkpoint or a key cannot be read.")
    return data


class Note:
    """A checkpoint with its signature."""

    def __init__(self, note: str) -> None:
        """Take a note apart; raises ``Bad``."""
        text, _, rest = note.partition("\n\n")
        lines = text.split("\n")
        words = rest.split(" ")
        if len(lines) < 5 or len(words) != 3 or words[0] != "\u2014" or not rest.endswith("\n") or words[1] != lines[0]:
            raise Bad("A checkpoint is no signed note.")
        if (
            not lines[1].isdigit()
            or lines[1] != str(int(lines[1]))
            or not lines[3].startswith("chain ")
            or not lines[4].startswith("time ")
        ):
            raise Bad("A checkpoint is not written as Hotfix Desktop writes it.")
        if not 0 < int(lines[1]) < MOST:
            raise Bad("A checkpoint covers no entries, or more than there can be.")
        self.text, self.signed = note, (text + "\n").encode()
        self.origin, self.size = lines[0], int(lines[1])
        self.root, self.time = unbase64(lines[2], 32), lines[4][5:]
        self.facts = lines[5:]
        signature = unbase64(words[2][:-1], 68)
        self.key_id, self.signature = signature[:4], signature[4:]

    def is_by(self, public: bytes) -> bool:
        """Whether it bears the signature of this key."""
        return self.key_id == key_id(self.origin, public) and is_signed(public, self.signed, self.signature)


def key_id(origin: str, public: bytes) -> bytes:
    """Give the 4 bytes that stand for a key."""
    return hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]


def fingerprint(public: bytes) -> str:
    """Give a key as people compare it."""
    digits = hashlib.sha256(public).hexdigest()[:16].upper()
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


class Key:
    """A key as an entry announced it."""

    def __init__(self, seq: int, detail: str) -> None:
        """Read the detail of an announcing entry; raises ``Bad``."""
        try:
            found = json.loads(detail)
            self.seq, self.epoch, self.day = int(seq or found["seq"]), int(found["epoch"]), str(found["day"])
            self.note, public = str(found.get("note", "")), found["public"]
            self.public = base64.b64decode(public, validate=True)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise Bad("An announcement of a key cannot be read.")
        if len(self.public) != 32:
            raise Bad("An announcement of a key cannot be read.")


def readable(announced: str) -> str:
    """Give the detail of an announcement of which the key can be read; empty for any other, as for none."""
    try:
        return announced if announced and Key(0, announced) else ""
    except Bad:
        return ""


class Keys:
    """The keys of the log in the order of their announcements; a key seals all before its successor.

    An entry that says that no key could be had announces none, and a key comes into force once.
    """

    def __init__(
        self, origin: str, before: str, rows: Sequence[Sequence[Any]], is_by: Callable[[Note, bytes], bool] = Note.is_by
    ) -> None:
        """Link them; ``is_by`` says whether a note bears the signature of a key. Raises ``Bad``."""
        self._is_by = is_by
        self.keys: List[Key] = [Key(0, before)] if before else []
        self.renewed: List[int] = []
        self.notes: List[Note] = []
        for row in rows:
            try:
                key = Key(row[0], row[13])
            except Bad:
                continue  # the entry says why there was none
            if row[6] != KEY_TYPE or row[7] != "Success" or any(key.public == known.public for known in self.keys):
                continue
            if self.keys and not self._follows(origin, key, self.keys[-1]):
                self.renewed.append(key.seq)
            self.keys.append(key)
        self.starts = [key.seq for key in self.keys]

    def _follows(self, origin: str, key: Key, before: Key) -> bool:
        try:
            note = Note(key.note)
        except Bad:
            return False
        named = "next-key " + base64.b64encode(key.public).decode()
        if (
            (note.origin, note.size) != (origin, key.seq - 1)
            or named not in note.facts
            or not self._is_by(note, before.public)
        ):
            return False
        self.notes.append(note)
        return True

    def in_force(self, size: int) -> Optional[Key]:
        """Give the key that signs checkpoints of this size."""
        at = bisect_right(self.starts, size)
        return self.keys[at - 1] if at else None


# --- texts for people, made from the manifest and the entries


def iso(utc_us: int) -> str:
    """Give a time as people read it, UTC."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=utc_us)
    except OverflowError:
        return str(utc_us)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + "%06d" % (utc_us % 1_000_000)


WORDS = {"at": "Event date", "type": "Type", "package": "Package", "owner": "Owner", "ip_address": "IP address", "result": "Result",
         "description": "Description"}  # fmt: skip


def sentence(query: Raw) -> str:
    """Say which entries the filter means."""
    parts = ["%s %s" % (word, query[name]) for name, word in (("since", "from"), ("until", "before")) if query[name]]
    for column, word in WORDS.items():
        only = [value for named, value in query["only"] if named == column]
        if only:
            parts.append("%s is %s" % (word, " or ".join(map(quoted, only))))
        parts += ["%s is not %s" % (word, quoted(value)) for named, value in query["without"] if named == column]
    if query["hotfix"] is not None:
        parts.append("of hotfix %d" % query["hotfix"])
    if query["text"].strip():
        parts.append("with the words " + quoted(" ".join(query["text"].split())))
    return ", ".join(parts) or "every entry"


def quoted(value: str) -> str:
    """Give a value as a sentence has it."""
    return "\u201c%s\u201d" % value if value else "empty"


def entries_word(count: int) -> str:
    """Give "1 entry" or "2 entries"."""
    return "1 entry" if count == 1 else "{:,} entries".format(count)


def statements(manifest: Raw) -> Tuple[List[str], List[str]]:
    """Say what the bundle proves, and what it does not."""
    proven, count, unproven = [], manifest["entries"], manifest["unproven"]
    signed, finding = manifest["signed"], manifest["finding"]
    if signed and count > unproven and not finding:
        proven.append("%s stood in the log, exactly as written here, when the checkpoint over its first %s was signed (%s)."
                      % ("Each of the " + entries_word(count - unproven) if count - unproven > 1 else "The entry",
                         entries_word(signed["size"]), signed["time"]))  # fmt: skip
        proven.append("The log was only added to between the checkpoints in checkpoints.txt and keys.jsonl.")
        if manifest["complete"]:
            proven.append("Nothing is missing between the first and the last entry: their numbers have no gap.")
    not_proven = []
    if finding:
        not_proven.append(
            "The log was found broken: nothing here is proven, and broken.jsonl shows the rows around the break as they lay in the database."
        )
    if unproven:
        not_proven.append("%s newer than the last checkpoint: nothing vouches for %s."
                          % ((entries_word(unproven) + " are", "them") if unproven > 1 else ("1 entry is", "it")))  # fmt: skip
    if not signed:
        not_proven.append("The log is not signed up to here: nothing vouches for its entries.")
    everything = not Claims(manifest["query"]).any
    if everything and proven:
        proven.append("The bundle holds every entry from number {:,} up to that checkpoint.".format(manifest["first"]))
    if everything and manifest["first"] > 1:
        not_proven.append(
            "Anything about the entries before number {:,}: they were moved to an archive.".format(manifest["first"])
        )
    if not everything:
        not_proven.append(
            "That no other entry of the log fits the filter: entries that are not in the bundle show only their hashes."
        )
    not_proven += [
        "That what an entry says is true: it is what the program wrote down at that time.",
        "That the clock of that computer was right.",
        "That the key is that of your workspace: compare its fingerprint with one that you know, or with a copy of a checkpoint that is kept elsewhere.",
        "Anything that somebody with full power over that computer did before the first copy of a checkpoint left it, or with a stolen key within its day.",
    ]
    return proven, not_proven


def said_facts(manifest: Raw) -> List[Tuple[str, str]]:
    """Give what nothing in the bundle can prove: names, dates, and copies that lie elsewhere."""
    said = manifest[SAID]
    facts = [("Workspace", str(said["workspace"])),
             ("Made", "%s by %s with Hotfix Desktop %s" % (said["made"], said["made_by"], said["program"])),
             ("Newest entry of the log", "{:,}".format(said["newest"])),
             ("Verification", "the log was found %s" % ("broken" if said["verdict"]["finding"] else "whole"))]  # fmt: skip
    facts += [("Copy outside", "%s: up to entry %s%s" % (seen["name"], "{:,}".format(seen["size"]), ", " + seen["at"] if seen["at"] else ""))
              for seen in said["anchors"]]  # fmt: skip
    return [(name, "".join(sign if sign.isprintable() else " " for sign in text)) for name, text in facts]


def readme_text(manifest: Raw) -> str:
    """Give README.txt."""
    proven, not_proven = statements(manifest)
    finding = manifest["finding"]
    lines = ["EVIDENCE FROM AN AUDIT LOG OF HOTFIX DESKTOP", "", "Log        %s" % manifest["log_id"],
             "Filter     %s" % manifest["filter"], "Entries    %s" % entries_word(manifest["entries"]), ""]  # fmt: skip
    if finding:
        lines += ["THE LOG WAS FOUND BROKEN: " + finding["sentence"], ""]
    lines += ["Proven:"] + (["  * " + line for line in proven] or ["  nothing"])
    lines += ["", "Not proven:"] + ["  * " + line for line in not_proven]
    lines += ["", SAID.capitalize() + ":"] + ["  * %s: %s" % said for said in said_facts(manifest)]
    lines += ["", "How to check it (Python 3.8 or newer, nothing to install, no network):", "",
              "    python3 -I verify.py BUNDLE.zip", "",
              "The exit code is 0 when all entries are proven. With --key and the fingerprint of a signing key that you",
              "know (Settings, page Audit, in Hotfix Desktop), it also checks that the log is that one. Do not trust the",
              "verify.py of a bundle that you do not trust: take it from Hotfix Desktop or from another bundle.", "",
              "entries.jsonl    the entries, one a line: " + ", ".join(FIELDS),
              "keys.jsonl       the entries that announce signing keys", "keys.txt         the public keys",
              "broken.jsonl     rows around a break as they lay in the database; empty for a whole log",
              "checkpoints.txt  the signed checkpoints", "proof.txt        the hashes that stand for all other entries",
              "report.html      the entries for reading", "manifest.json    what was asked for, and the SHA-256 of each file",
              "manifest.sha256  the SHA-256 of manifest.json", ""]  # fmt: skip
    return "\n".join(lines)


def keys_text(origin: str, keys: Keys) -> str:
    """Give keys.txt: C2SP verifier keys with where they come from."""
    lines = ["# NAME+ID+KEY of each signing key, the oldest first, as C2SP note verifiers take them"]
    for key in keys.keys:
        how = (
            "a new chain of keys begins"
            if key.seq in keys.renewed
            else "sealed by the key before"
            if key is not keys.keys[0]
            else "the first one here"
        )
        lines.append("# key %d, day %s, announced by entry %d, fingerprint %s (%s)"
                     % (key.epoch, " ".join(key.day.split()), key.seq, fingerprint(key.public), how))  # fmt: skip
        lines.append(
            "%s+%s+%s" % (origin, key_id(origin, key.public).hex(), base64.b64encode(b"\x01" + key.public).decode())
        )
    return "\n".join(lines) + "\n"


STYLE = """:root{color-scheme:light dark;--ink:#1c2024;--quiet:#5b6670;--line:#d5dbe1;--paper:#fff;--soft:#f4f6f8;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--quiet:#9aa5af;--line:#3a4249;--paper:#16191c;--soft:#1f2428;--bad:#ff8a80}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:2rem auto;max-width:78rem;padding:0 1.5rem}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}.bad{color:var(--bad);border-left:4px solid;padding-left:.8rem;font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{background:var(--soft);position:sticky;top:0}td.n{text-align:right;font-variant-numeric:tabular-nums}td.t{white-space:nowrap;font-variant-numeric:tabular-nums}
small{color:var(--quiet)}pre{background:var(--soft);padding:.8rem;overflow-x:auto}@media print{th{position:static}}"""


def listed_html(facts: Sequence[Tuple[str, str]]) -> str:
    """Give names with their values."""
    pairs = ("<dt>%s</dt><dd>%s</dd>" % (escape(name), escape(str(value))) for name, value in facts)
    return "<dl>%s</dl>" % "".join(pairs)


def report_html(manifest: Raw, rows: Sequence[Sequence[Any]]) -> str:
    """Give report.html; ``rows`` are the first :data:`SHOWN` entries."""
    proven, not_proven = statements(manifest)
    signed, finding = manifest["signed"], manifest["finding"]
    facts = [("Entries", entries_word(manifest["entries"])), ("Filter", manifest["filter"]),
             ("Period", "%s to %s UTC" % (iso(manifest["since"]), iso(manifest["until"])) if manifest["entries"] else "none"),
             ("Order", "number, ascending"), ("Log", manifest["log_id"])]  # fmt: skip
    if signed:
        facts += [
            ("Checkpoint", "over the first %s, signed %s" % (entries_word(signed["size"]), signed["time"])),
            ("Signed with", signed["fingerprint"]),
        ]
    out = ['<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
           "<title>Evidence from an audit log</title><style>%s</style></head><body><h1>Evidence from an audit log</h1>" % STYLE]  # fmt: skip
    if finding:
        out.append(
            '<p class="bad">The log was found broken (%s): %s</p>'
            % (escape(finding["kind"]), escape(finding["sentence"]))
        )
    out.append(listed_html(facts))
    for title, lines in (("Proven, once verify.py says so", proven or ["Nothing."]), ("Not proven", not_proven)):
        out.append("<h2>%s</h2><ul>%s</ul>" % (title, "".join("<li>%s</li>" % escape(line) for line in lines)))
    out.append("<h2>%s</h2>%s" % (escape(SAID.capitalize()), listed_html(said_facts(manifest))))
    out.append("<h2>How to check</h2><p>With Python 3.8 or newer, and nothing else:</p><pre>python3 -I verify.py BUNDLE.zip</pre>"
               "<p>This page is made again from the entries then, and compared.</p><h2>Entries</h2>")  # fmt: skip
    if manifest["entries"] > len(rows):
        out.append(
            "<p>The first {:,} of {:,}; all of them are in entries.jsonl.</p>".format(len(rows), manifest["entries"])
        )
    heads = ("Number", "Event date (UTC)", "Type", "Package", "Owner", "IP address", "Result", "Description")
    out.append(
        '<div class="wide"><table><thead><tr>%s</tr></thead><tbody>' % "".join("<th>%s</th>" % head for head in heads)
    )
    for row in rows:
        more = [
            name + " " + text for name, text in (("reason", row[11]), ("ticket", row[12]), ("hotfix", row[14])) if text
        ]
        said = escape(row[10]) + ("<br><small>%s</small>" % escape(" · ".join(more)) if more else "")
        out.append('<tr><td class="n">%d</td><td class="t">%s</td>' % (row[0], iso(row[1]))
                   + "".join("<td>%s</td>" % escape(row[at]) for at in (6, 8, 4, 5, 7)) + "<td>%s</td></tr>" % said)  # fmt: skip
    out.append("</tbody></table></div></body></html>\n")
    return "\n".join(out)


# --- the zip: stored files, and every byte of its headers given by name, size and checksum


def local_header(name: str, crc: int, size: int) -> bytes:
    """Give what stands before a file."""
    return LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name.encode()


def central_header(name: str, crc: int, size: int, offset: int) -> bytes:
    """Give the line of a file in the table of contents."""
    return (
        CENTRAL.pack(
            b"PK\x01\x02", 20 | 3 << 8, 20, 0, 0, 0, 33, crc, size, size, len(name), 0, 0, 0, 0, 0o100644 << 16, offset
        )
        + name.encode()
    )


def end_record(count: int, size: int, offset: int) -> bytes:
    """Give the end of the zip."""
    return END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


class Bundle:
    """The files of a bundle: where each of them lies, in a zip or a folder."""

    def __init__(self, path: str) -> None:
        """Find the files, and no others; raises ``Bad``."""
        self.places: Dict[str, Tuple[str, int, int]] = {}
        self.crcs: Dict[str, int] = {}
        if os.path.isdir(path):
            found = sorted(os.listdir(path))
            for name in found:
                file = os.path.join(path, name)
                if os.path.islink(file) or not os.path.isfile(file):
                    raise Bad("%s does not belong into a bundle." % name)
                self.places[name] = (file, 0, os.path.getsize(file))
            self._demand(found, sorted(NAMES))
        else:
            self._unzip(path)

    @staticmethod
    def _demand(found: Sequence[str], names: Sequence[str]) -> None:
        for name in names:
            if name not in found:
                raise Bad("%s is missing from the bundle." % name)
        for name in found:
            if name not in names:
                raise Bad("%s does not belong into a bundle." % name)
        if list(found) != list(names):
            raise Bad("The files of the bundle are not in their order.")

    def _unzip(self, path: str) -> None:
        total = os.path.getsize(path)
        with open(path, "rb") as file:
            file.seek(max(0, total - END.size))
            end = file.read()
            if len(end) != END.size or end[:4] != b"PK\x05\x06":
                raise Bad("This is no evidence bundle, or its end is missing.")
            count, size, start = END.unpack(end)[4:7]
            if end != end_record(count, size, start) or start + size + END.size != total:
                raise Bad("The table of contents of the zip is not as it was written.")
            file.seek(start)
            table, names, headers, offset, at = file.read(size), [], b"", 0, 0
            while at + CENTRAL.size <= len(table):
                parts = CENTRAL.unpack_from(table, at)
                crc, length, name = (
                    parts[7],
                    parts[8],
                    table[at + CENTRAL.size : at + CENTRAL.size + parts[10]].decode("ascii", "replace"),
                )
                at += CENTRAL.size + parts[10]
                names.append(name)
                headers += central_header(name, crc, length, offset) if name.isprintable() and name.isascii() else b"?"
                self.places[name], self.crcs[name] = (path, offset + LOCAL.size + len(name), length), crc
                file.seek(offset)
                before = local_header(name, crc, length) if name.isascii() else b"?"
                if file.read(LOCAL.size + len(name)) != before:
                    raise Bad("The zip is not as it was written, at the file %s." % name)
                offset += LOCAL.size + len(name) + length
            self._demand(names, NAMES)
            if headers != table or offset != start or count != len(names):
                raise Bad("The table of contents of the zip is not as it was written.")

    def size(self, name: str) -> int:
        """Give the size of a file."""
        return self.places[name][2]

    def read(self, name: str, start: int = 0, size: Optional[int] = None) -> bytes:
        """Read a file, or a part of it."""
        path, offset, length = self.places[name]
        with open(path, "rb") as file:
            file.seek(offset + start)
            return file.read(length - start if size is None else min(size, length - start))

    def digest(self, name: str) -> str:
        """Give the SHA-256 of a file; raises ``Bad`` when its checksum in the zip is another."""
        sha, crc, at = hashlib.sha256(), 0, 0
        while at < self.size(name):
            block = self.read(name, at, CHUNK)
            if not block:
                raise Bad("%s is shorter than it says." % name)
            sha.update(block)
            crc = zlib.crc32(block, crc)
            at += len(block)
        if name in self.crcs and self.crcs[name] != crc:
            raise Bad("The checksum of %s in the zip is wrong." % name)
        return sha.hexdigest()


# --- entries, in parts, on all cores


class Claims:
    """What the filter says of each entry, as far as an entry alone can show it."""

    def __init__(self, query: Raw) -> None:
        """Read the filter."""
        at = {"type": 6, "package": 8, "owner": 4, "ip_address": 5, "result": 7, "description": 10, "at": 1}
        self.only: Dict[int, Set[Any]] = {}
        for column, value in query["only"]:
            self.only.setdefault(at[column], set()).add(int(value) if column == "at" else value)
        self.without = [(at[column], int(value) if column == "at" else value) for column, value in query["without"]]
        self.since, self.until = (microseconds(query[name]) for name in ("since", "until"))
        self.hotfix = "" if query["hotfix"] is None else str(query["hotfix"])
        self.words = [
            {form.casefold() for form in (word, word.upper(), word.lower(), word.title())}
            for word in query["text"].split()
        ]
        self.any = bool(self.only or self.without or query["since"] or query["until"] or self.hotfix or self.words)

    def refused(self, rows: Sequence[Sequence[Any]]) -> Optional[int]:
        """Give the number of the first entry that does not fit; None when all do."""
        for row in rows:
            if (
                any(row[at] not in values for at, values in self.only.items())
                or any(row[at] == value for at, value in self.without)
                or (self.since is not None and row[1] < self.since)
                or (self.until is not None and row[1] >= self.until)
                or (self.hotfix and row[14] != self.hotfix)
            ):
                return int(row[0])
            if self.words:
                text = "\n".join(row[at] for at in (4, 5, 6, 7, 8, 10)).casefold()
                if not all(any(form in text for form in forms) for forms in self.words):
                    return int(row[0])
        return None


def microseconds(text: Optional[str]) -> Optional[int]:
    """Give a time in ISO 8601 as microseconds since 1970, UTC."""
    if text is None:
        return None
    return (
        datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    ) // timedelta(microseconds=1)


def read_part(work: Tuple[str, int, int, Raw]) -> Tuple[int, int, int, int, int, bytes, bytes]:
    """Give of some lines: first and last number, how many, oldest and newest time, numbers unless without gap, hashes."""
    gc.disable()  # nothing here refers to itself, and looking for that takes a third of the time
    path, offset, size, query = work
    with open(path, "rb") as file:
        file.seek(offset)
        rows = parse_lines(file.read(size), "entries.jsonl")
    leaves = leaves_of(rows)
    claims = Claims(query)
    refused = claims.refused(rows) if claims.any else None
    if refused is not None:
        raise Bad("Entry %d does not fit the filter that the manifest names." % refused)
    numbers = [row[0] for row in rows]
    if any(after <= before for before, after in zip(numbers, numbers[1:])):
        raise Bad("The entries are not in the order of their numbers.")
    times = [row[1] for row in rows]
    gaps = numbers[-1] - numbers[0] + 1 != len(numbers)
    listed = struct.pack(">%dQ" % len(numbers), *numbers) if gaps else b""
    return numbers[0], numbers[-1], len(numbers), min(times), max(times), listed, b"".join(leaves)


def parts_of(bundle: Bundle, query: Raw) -> List[Tuple[str, int, int, Raw]]:
    """Cut entries.jsonl at line ends."""
    path, offset, size = bundle.places["entries.jsonl"]
    found, start = [], 0
    with open(path, "rb") as file:
        while start < size:
            end = min(size, start + CHUNK)
            if end < size:
                file.seek(offset + end)
                end = min(size, file.tell() + len(file.readline()) - offset)
            found.append((path, offset + start, end - start, query))
            start = end
    return found


def read_entries(bundle: Bundle, query: Raw) -> Iterator[Tuple[int, int, int, int, int, bytes, bytes]]:
    """Read all entries, on several cores where that is possible and pays."""
    parts = parts_of(bundle, query)
    pool = None
    if len(parts) > 1 and (os.cpu_count() or 1) > 1:
        try:
            import multiprocessing

            pool = multiprocessing.Pool(min(len(parts), os.cpu_count() or 1, 8))
        except (ImportError, OSError, ValueError):
            pool = None  # then one after another
    if pool is None:
        yield from map(read_part, parts)
        return
    try:
        yield from pool.imap(read_part, parts)
    finally:
        pool.terminate()
        pool.join()


# --- the check


def check(path: str, wanted_key: str = "", own: str = "") -> Tuple[List[str], int]:
    """Check a bundle; gives what was found in sentences, and how many entries are not proven. Raises ``Bad``."""
    bundle = Bundle(path)
    manifest_data = bundle.read("manifest.json")
    if bundle.read("manifest.sha256") != ("%s  manifest.json\n" % bundle.digest("manifest.json")).encode():
        raise Bad("manifest.json is not as it was written, or manifest.sha256 is not.")
    bundle.digest("manifest.sha256")
    try:
        manifest = json.loads(manifest_data)
        if sorted(manifest) != sorted(FACTS):
            raise Bad("The manifest does not hold the facts of a bundle.")
        written = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if written.encode("utf-8", "backslashreplace") != manifest_data:
            raise Bad("The manifest is not written as Hotfix Desktop writes it.")
        if manifest["format"] != FORMAT or manifest["version"] != VERSION:
            raise Bad("This bundle has version %s; this program checks version %d." % (manifest["version"], VERSION))
        return _checked(bundle, manifest, wanted_key, own)
    except (Bad, OSError):
        raise
    except Exception as error:
        raise Bad(NONSENSE % (type(error).__name__, " ".join(str(error)[:200].split())))


def _checked(bundle: Bundle, manifest: Raw, wanted_key: str, own: str) -> Tuple[List[str], int]:
    listed = manifest["files"]
    if sorted(listed) != sorted(NAMES[:-2]):
        raise Bad("The manifest does not name the files of a bundle.")
    log_id = manifest["log_id"]
    origin = ORIGIN + log_id
    parts = read_entries(bundle, manifest["query"])
    places: List[int] = []
    leaves: List[bytes] = []
    times: List[int] = []
    for name in NAMES[:-2]:
        if name != "entries.jsonl" and listed[name] != {"bytes": bundle.size(name), "sha256": bundle.digest(name)}:
            raise Bad("%s is not as it was written: its SHA-256 is not that of the manifest." % name)
    for first, last, count, oldest, newest, numbers, hashes in parts:
        if places and places[-1] >= first:
            raise Bad("The entries are not in the order of their numbers.")
        places += struct.unpack(">%dQ" % count, numbers) if numbers else range(first, last + 1)
        leaves += [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
        times += [oldest, newest]
    if listed["entries.jsonl"] != {"bytes": bundle.size("entries.jsonl"), "sha256": bundle.digest("entries.jsonl")}:
        raise Bad("entries.jsonl is not as it was written: its SHA-256 is not that of the manifest.")
    told = [manifest[name] for name in ("entries", "first_number", "last_number", "since", "until")]
    if told != ([len(places), places[0], places[-1], min(times), max(times)] if places else [0, 0, 0, 0, 0]):
        raise Bad("Count, numbers or times of the entries are not those that the manifest names.")
    if manifest["complete"] != (bool(places) and places[-1] - places[0] + 1 == len(places)):
        raise Bad("The manifest is wrong about gaps between the entries.")
    texts = [manifest[name] for name in ("filter", "order", "entry_fields", "proven", "not_proven")]
    if texts != [sentence(manifest["query"]), "number, ascending", list(FIELDS), *statements(manifest)]:
        raise Bad("The sentences of the manifest are not those that its facts give.")
    announcing = parse_lines(bundle.read("keys.jsonl"), "keys.jsonl")
    key_leaves = leaves_of(announcing)
    if any(row[6] != KEY_TYPE for row in announcing):
        raise Bad("keys.jsonl holds an entry that announces no key.")
    keys = Keys(origin, manifest["key_before"], announcing)
    shown = parse_lines(_first_lines(bundle, SHOWN), "entries.jsonl")
    for name, text in (
        ("keys.txt", keys_text(origin, keys)),
        ("README.txt", readme_text(manifest)),
        ("report.html", report_html(manifest, shown)),
    ):
        if bundle.read(name) != text.encode("utf-8", "backslashreplace"):
            raise Bad("%s does not say what the entries and the manifest say." % name)
    if manifest["keys"] != [fingerprint(key.public) for key in keys.keys]:
        raise Bad("The manifest does not name the keys of the bundle.")
    said = ["%s, %s." % (entries_word(len(places)), manifest["filter"])]
    kept = bundle.read("checkpoints.txt").decode()
    notes = [Note(note) for note in kept.split("---\n")] if kept else []
    signed = manifest["signed"]
    if bool(signed) != bool(notes):
        raise Bad("The manifest and checkpoints.txt do not agree about checkpoints.")
    if manifest["finding"]:
        finding = manifest["finding"]
        raise Bad("The bundle is as it was written, and it says that THE LOG IS BROKEN: %s, entry %d. %s"
                  % (finding["kind"], finding["seq"], finding["sentence"]))  # fmt: skip
    if bundle.size("broken.jsonl"):
        raise Bad("broken.jsonl holds rows of a break that the manifest does not name.")
    if not Claims(manifest["query"]).any:
        upto = notes[0].size if notes else manifest[SAID]["newest"]
        if not manifest["complete"] or places[0] != manifest["first"] or places[-1] < upto:
            raise Bad("The bundle says that it holds every entry, and some are missing.")
    if not notes:
        if manifest["unproven"] != len(places):
            raise Bad("The manifest is wrong about how many entries are proven.")
        return [*said, "The log is not signed: nothing vouches for these entries.", *_claims(manifest)], len(places)
    said += _proven(
        bundle, manifest, notes, keys, (places, leaves), ([row[0] for row in announcing], key_leaves), wanted_key
    )
    unproven = len(places) - bisect_right(places, notes[0].size)
    if manifest["unproven"] != unproven:
        raise Bad("The manifest is wrong about how many entries are proven.")
    said += [line for line in statements(manifest)[1] if unproven and "newer than" in line]
    if own and _digest_of(own) != listed["verify.py"]["sha256"]:
        said.append(
            "The verify.py inside of the bundle is not the one that you run now; that is no fault if the versions differ."
        )
    return said + _claims(manifest), unproven


def _digest_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _claims(manifest: Raw) -> List[str]:
    return [SAID.capitalize() + ":"] + ["  %s: %s" % fact for fact in said_facts(manifest)]


def _proven(bundle: Bundle, manifest: Raw, notes: List[Note], keys: Keys, entries: Tuple[List[int], List[bytes]],
            announcing: Tuple[List[int], List[bytes]], wanted_key: str) -> List[str]:  # fmt: skip
    signed, newest, origin = manifest["signed"], notes[0], ORIGIN + manifest["log_id"]
    for note in notes:
        key = keys.in_force(note.size)
        if note.origin != origin:
            raise Bad("The checkpoint of %d entries belongs to another log." % note.size)
        if key is None or not note.is_by(key.public):
            raise Bad("The checkpoint of %d entries does not bear the signature of the key in force." % note.size)
        if note.size > newest.size:
            raise Bad("The checkpoints are not in their order.")
    key = keys.in_force(newest.size)
    if key is None or signed != {"size": newest.size, "time": newest.time, "fingerprint": fingerprint(key.public)}:
        raise Bad("The manifest does not name the checkpoint of the bundle.")
    for seq in (*entries[0][:1], *announcing[0][:1]):
        if seq < manifest["first"]:
            raise Bad("The manifest is wrong about where the log begins.")
    leaves = dict(zip(announcing[0], announcing[1]))
    if len(leaves) != len(announcing[0]) or announcing[0] != sorted(leaves):
        raise Bad("keys.jsonl is not in the order of its numbers.")
    for seq, leaf in zip(*entries):
        if leaves.setdefault(seq, leaf) != leaf:
            raise Bad("Entry %d stands in two forms in the bundle." % seq)
    acts = [note for note in keys.notes if manifest["first"] <= note.size < newest.size]
    sizes = sorted({note.size for note in (*notes, *acts)})
    lines = bundle.read("proof.txt").decode("ascii").split("\n")
    if lines[0] != "hotfix-desktop proof 1, over %d entries" % newest.size or lines[-1]:
        raise Bad("proof.txt is no proof for the checkpoint.")
    proof = iter([bytes.fromhex(line) for line in lines[1:-1]])
    if any(len(line) != 64 or line != line.lower() for line in lines[1:-1]):
        raise Bad("proof.txt holds a line that is no hash.")
    for size in sizes:
        if size not in leaves:
            found = next(proof, None)
            if found is None:
                raise Bad("proof.txt is too short for these entries.")
            leaves[size] = found
    known = sorted(seq for seq in leaves if 0 < seq <= newest.size)
    roots = roots_of(newest.size, [seq - 1 for seq in known], [leaves[seq] for seq in known], proof, sizes)
    for note in (*notes, *acts):
        if roots[note.size] != note.root:
            raise Bad(
                "The entries do not lead to the Merkle root of the checkpoint of %d entries: something was changed."
                % note.size
            )
    said = [
        "Signed over the first %s at %s with the key %s."
        % (entries_word(newest.size), newest.time, fingerprint(key.public))
    ]
    if keys.renewed:
        said.append(
            "Careful: a new chain of keys begins at entry %d; the keys before do not vouch for it." % keys.renewed[-1]
        )
    first = keys.keys[0]
    if first.epoch > 1:
        said.append("The keys here begin with number %d; those before it are in an archive." % first.epoch)
    if not wanted_key:
        return [*said, "Compare that fingerprint with one that you know: --key FINGERPRINT does it."]
    plain = "".join(wanted_key.split()).upper()
    at = [number for number, one in enumerate(keys.keys) if "".join(fingerprint(one.public).split()) == plain]
    if not at:
        raise Bad("The key %s is not among the keys of this log." % wanted_key)
    if at[0] > keys.keys.index(key) or any(
        one.seq in keys.renewed for one in keys.keys[at[0] + 1 : keys.keys.index(key) + 1]
    ):
        raise Bad("The key %s does not vouch for the key that signed this." % wanted_key)
    return [*said, "The key that you know vouches for it."]


def _first_lines(bundle: Bundle, count: int) -> bytes:
    path, offset, size = bundle.places["entries.jsonl"]
    with open(path, "rb") as file:
        file.seek(offset)
        lines = []
        while count and size > 0:
            line = file.readline(size)
            lines.append(line)
            size -= len(line)
            count -= 1
    return b"".join(lines)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the check; gives the exit code."""
    here = os.path.abspath(__file__)
    parser = argparse.ArgumentParser(prog="verify.py", description="Checks an evidence bundle of Hotfix Desktop.")
    parser.add_argument(
        "bundle", nargs="?", default=os.path.dirname(here), help="the zip, or the folder that it was unpacked to"
    )
    parser.add_argument("--key", default="", metavar="FINGERPRINT", help="of a signing key that you know")
    parser.add_argument(
        "--allow-newer", action="store_true", help="exit code 0 although entries are newer than the last checkpoint"
    )
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        said, unproven = check(given.bundle, given.key, here)
    except Bad as error:
        print("REFUSED. %s" % error)
        return 1
    except OSError as error:
        print("REFUSED. The bundle cannot be read: %s" % error)
        return 1
    except Exception as error:
        print("REFUSED. " + NONSENSE % (type(error).__name__, " ".join(str(error)[:200].split())))
        return 1
    print("PROVEN." if not unproven else "NOT PROVEN in full.")
    for line in said:
        print(line)
    return 1 if unproven and not given.allow_newer else 0


if __name__ == "__main__":
    sys.exit(main())
