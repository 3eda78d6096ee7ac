"""Makes archives that are wrong in the ways that matter: lengths, names, cuts, flipped bits, tricks of gzip and zip.

One number gives one archive, always the same, so that a failure is told by its number and a run goes on anywhere.
"""

import json
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

LIMIT_BYTES = 200_000
"""What an archive of a case may unpack to: small, so that a bomb is cheap."""
UID = "7f1b5f6e-52a1-4c0e-9d52-0b6f1c3a7e4{}"
EVIL_NAMES = (
    "..\\evil", "..\\..\\..\\etc\\passwd", "a\\..\\..\\b", "../evil", "/etc/passwd", "\\\\server\\share\\x", "\\x",
    "C:\\x", "c:x", "C:", "a:stream", "Files\\a.txt:hidden", "CON", "con.txt", "Files\\NUL", "nul .x", "aux.js", "LPT1",
    "COM\u00b9", "CONIN$", "x.", "x ", "a.\\b", "a \\b", ".", "..", "...", "", "\\", "a\\\\b", "a\\", "a\0b", "a\nb",
    "\x1b[2J", "\x7f", "a?b", "a*b", 'a"b', "a<b", "a|b", ".git\\config", "A\\.GIT\\hooks\\x", "git~1\\x",
    ".g\u200cit\\x", "\u202eevil", "e\u0301", "\u00e9", "\U0001f600", "\u2028", "DESCRIPTOR.JSON", "Files",
    "descriptor.json\\x",
    "x" * 255, "x" * 256, "\u00e9" * 130, "a\\" * 63 + "b", "a\\" * 70 + "b", "x" * 999, "x" * 1001,
    "\u212aelvin", "kelvin", "Kelvin", "\u0130", "i\u0307", "stra\u00dfe", "STRASSE", "\uff0e\uff0e\\x", "..\u00a0\\x",
)  # fmt: skip
EVIL_LENGTHS = (0, -1, 1, -(2**31), 2**31 - 1, 2**30, 1000, 1001, 65_536, LIMIT_BYTES, 2**24)
GZIP_HEADER = bytes.fromhex("1f8b0800000000000400")
_INT = struct.Struct("<i")


def archive(seed: int, number: int) -> bytes:
    """Give the archive of a case."""
    dice = random.Random(seed << 40 | number)
    made = _bundle(dice) if dice.random() < 0.3 else _package_file(dice, dice.randrange(3))
    return _damaged(dice, made) if dice.random() < 0.25 else made


@dataclass
class Record:
    """A file in a package; the lengths are what the archive says and need not be true."""

    name: bytes
    content: bytes
    units: int | None = None
    size: int | None = None

    def bytes(self) -> bytes:
        units = len(self.name) // 2 if self.units is None else self.units
        size = len(self.content) if self.size is None else self.size
        return _INT.pack(units) + self.name + _INT.pack(size) + self.content


def _name(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _descriptor(name: str, uid: str) -> Record:
    values = {"UId": uid, "PackageVersion": "1.0.0", "Name": name, "ModifiedOnUtc": "/Date(1637077312000)/"}
    text = json.dumps({"Descriptor": values}, indent=2)
    return Record(_name("descriptor.json"), b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())


_PLAIN = (
    [
        Record(_name("Schemas\\UsrPage\\metadata.json"), b'{"MetaData": {}}' * 40),
        Record(_name("Schemas\\UsrPage\\UsrPage.js"), b"define('UsrPage', [], function() {});\r\n" * 9),
        Record(_name("Data\\Status\\filter.json"), b""),
        Record(_name("Resources\\UsrPage.ClientUnit\\resource.en-US.xml"), b"<Resources/>"),
    ],
    [Record(_name("Files\\a.txt"), b"a"), Record(_name("Files\\cs\\B.cs"), b"\0" * 300)],
    [Record(_name(f"Files\\{n}"), bytes([n]) * n) for n in range(12)],
)
_DESCRIPTORS = [_descriptor(f"Usr{n}", UID.format(n)) for n in range(3)]


def _package_file(dice: random.Random, which: int) -> bytes:
    """Give a ``.gz`` of the package ``Usr0`` to ``Usr2``."""
    records = [_DESCRIPTORS[which], *dice.choice(_PLAIN)]
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
        records = dice.choice(_RECORDS)(dice, list(records))
    stream = b"".join([record.bytes() for record in records])
    if dice.random() < 0.2:
        stream = _damaged(dice, stream)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = packer.compress(stream) + packer.flush()
    made = GZIP_HEADER + body + struct.pack("<II", zlib.crc32(stream), len(stream))
    return dice.choice(_GZIPS)(dice, made) if dice.random() < 0.2 else made


def _other_name(dice: random.Random, records: list[Record]) -> list[Record]:
    at = dice.randrange(len(records))
    records[at] = Record(_name(dice.choice(EVIL_NAMES)), records[at].content)
    return records


def _more(dice: random.Random, records: list[Record]) -> list[Record]:
    records.insert(dice.randrange(len(records) + 1), Record(_name(dice.choice(EVIL_NAMES)), b"x" * dice.randrange(9)))
    return records


def _random_name(dice: random.Random, records: list[Record]) -> list[Record]:
    """Any code units, lone surrogates among them."""
    records.append(Record(dice.randbytes(2 * dice.randrange(1, 9)), b"x"))
    return records


def _good_name(dice: random.Random, records: list[Record]) -> list[Record]:
    letters = [chr(dice.choice((0x61, 0xE0, 0x400, 0x4E00, 0x1F600)) + dice.randrange(20)) for _ in range(6)]
    records.append(Record(_name("Files\\" + "".join(letters)), dice.randbytes(dice.randrange(40))))
    return records


def _same_name(dice: random.Random, records: list[Record]) -> list[Record]:
    """Twice, in another case, with other slashes, or as the folder of another file."""
    name = dice.choice(records).name.decode("utf-16-le", "surrogatepass")
    changed = dice.choice(
        (name, name.upper(), name.swapcase(), name.replace("\\", "/"), name + "\\x", name.rpartition("\\")[0])
    )
    records.append(Record(_name(changed), b"y"))
    return records


def _wrong_units(dice: random.Random, records: list[Record]) -> list[Record]:
    record = dice.choice(records)
    units = dice.choice((*EVIL_LENGTHS, len(record.name) // 2 + dice.choice((-1, 1))))
    records[records.index(record)] = Record(record.name, record.content, units=units)
    return records


def _wrong_size(dice: random.Random, records: list[Record]) -> list[Record]:
    record = dice.choice(records)
    size = dice.choice((*EVIL_LENGTHS, len(record.content) + dice.choice((-1, 1))))
    records[records.index(record)] = Record(record.name, record.content, size=size)
    return records


def _other_descriptor(dice: random.Random, records: list[Record]) -> list[Record]:
    name = dice.choice((*EVIL_NAMES, "Usr0", "Usr1", 7, None))
    uid = dice.choice((UID.format(0), UID.format(1), "", "nonsense", None, UID.format(0).upper()))
    content = dice.choice(
        (
            lambda: json.dumps({"Descriptor": {"Name": name, "UId": uid}}).encode("utf-8", "surrogatepass"),
            lambda: b"",
            lambda: b"{",
            lambda: b"[" * dice.choice((10, 5000)),
            lambda: b'{"Descriptor": 7}',
            lambda: dice.randbytes(30),
            lambda: records[0].content[: dice.randrange(len(records[0].content) + 1)],
        )
    )()
    return [Record(_name("descriptor.json"), content), *records[1:]]


def _shuffled(dice: random.Random, records: list[Record]) -> list[Record]:
    dice.shuffle(records)
    return records


def _fewer(dice: random.Random, records: list[Record]) -> list[Record]:
    del records[dice.randrange(len(records))]
    return records or [Record(b"", b"")]


_RECORDS: tuple[Callable[[random.Random, list[Record]], list[Record]], ...] = (
    _other_name, _more, _more, _random_name, _good_name, _good_name, _same_name, _wrong_units, _wrong_size,
    _other_descriptor, _shuffled, _fewer,
)  # fmt: skip


def _damaged(dice: random.Random, data: bytes) -> bytes:
    """Cut, flip, insert, overwrite, repeat."""
    if not data:
        return data
    at = dice.randrange(len(data))
    how = dice.randrange(7)
    if how == 0:
        return data[:at]
    if how == 1:
        return data[:at] + dice.randbytes(dice.randrange(1, 9)) + data[at:]
    if how == 2:
        return data[:at] + data[at + dice.randrange(1, 9) :]
    if how == 3:
        return data[:at] + _INT.pack(dice.choice(EVIL_LENGTHS)) + data[at + 4 :]
    if how == 4:
        return data + data[at:]
    flipped = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


_BOMB = GZIP_HEADER + zlib.compress(bytes(4 * LIMIT_BYTES), 9)[2:-4] + struct.pack("<II", 0, 4 * LIMIT_BYTES)
_NOTHING = GZIP_HEADER + b"\x03\0" + bytes(8)

_GZIPS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    lambda dice, made: made + bytes(dice.randrange(1, 20)),
    lambda dice, made: made + dice.randbytes(dice.randrange(1, 20)),
    lambda dice, made: made + made,
    lambda dice, made: made + _NOTHING * dice.choice((1, 3, 1200)),
    lambda dice, made: made[:-8] + dice.randbytes(8),
    lambda dice, made: made[: dice.randrange(len(made))],
    lambda dice, made: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"name\0" + made[10:],
    lambda dice, made: b"\x1f\x8b\x08" + bytes([dice.randrange(256)]) + made[4:],
    lambda dice, made: dice.choice((b"", b"\x1f", b"\x1f\x8b", _NOTHING, b"PK\x03\x04", b"PK\x05\x06" + bytes(18))),
    lambda dice, made: _BOMB,
)


@dataclass
class Member:
    """An entry of a zip, as its two headers tell it; what they say need not be true."""

    name: bytes
    data: bytes
    flags: int = 0
    method: int = 8
    attributes: int = 0
    crc: int | None = None
    size: int | None = None
    offset: int | None = None
    local_name: bytes | None = None
    extra: bytes = b""


def _bundle(dice: random.Random) -> bytes:
    """Give a ``.zip``."""
    members = [Member(b"Usr%d.gz" % n, _package_file(dice, n)) for n in range(dice.choice((1, 1, 2, 3)))]
    for member in members:
        member.method = dice.choice((0, 8))
    if dice.random() < 0.6:
        for _ in range(dice.choice((1, 1, 2))):
            dice.choice(_MEMBERS)(dice, members)
    return _zipped(dice, members)


def _zipped(dice: random.Random, members: list[Member]) -> bytes:
    body, listing = b"", b""
    for member in members:
        packed = member.data
        if member.method == 8:
            packer = zlib.compressobj(1, zlib.DEFLATED, -15)
            packed = packer.compress(member.data) + packer.flush()
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        size = len(member.data) if member.size is None else member.size
        local = member.name if member.local_name is None else member.local_name
        offset = len(body) if member.offset is None else member.offset
        facts = struct.pack("<HHHHIII", member.flags, member.method, 0, 33, crc, len(packed), size & 0xFFFFFFFF)
        lengths = struct.pack("<HH", len(local), 0)
        body += b"PK\x03\x04" + struct.pack("<H", 20) + facts + lengths + local + packed
        tail = struct.pack("<HHHHHII", len(member.name), len(member.extra), 0, 0, 0, member.attributes, offset)
        listing += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + facts + tail + member.name + member.extra
    count, size, start = len(members), len(listing), len(body)
    if dice.random() < 0.05:
        count, size, start = (dice.choice((number, 0xFFFF, 0, number + 1)) for number in (count, size, start))
    end = struct.pack("<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, size, start, 0)
    return body + listing + b"PK\x05\x06" + end


def _evil_member(dice: random.Random, members: list[Member]) -> None:
    dice.choice(members).name = (dice.choice(EVIL_NAMES) + dice.choice(("", ".gz", ".GZ"))).encode(
        "utf-8", "surrogatepass"
    )[:60_000]


def _flagged(dice: random.Random, members: list[Member]) -> None:
    dice.choice(members).flags = dice.choice((1, 0x40, 0x2000, 0x800, 0x8, 0x21, dice.randrange(65_536)))


def _packed_oddly(dice: random.Random, members: list[Member]) -> None:
    dice.choice(members).method = dice.choice((1, 9, 12, 14, 93, 95, 99, dice.randrange(65_536)))


def _link(dice: random.Random, members: list[Member]) -> None:
    dice.choice(members).attributes = dice.choice((0o120777, 0o40755, 0o100644, 0o10644)) << 16


def _lying(dice: random.Random, members: list[Member]) -> None:
    member = dice.choice(members)
    how = dice.randrange(4)
    if how == 0:
        member.crc = dice.randrange(2**32)
    elif how == 1:
        member.size = dice.choice((0, 1, len(member.data) - 1, len(member.data) + 1, 2**32 - 1, 2**31))
    elif how == 2:
        member.offset = dice.choice((0, 1, 7, 2**31, 2**32 - 1))
    else:
        member.local_name = dice.choice((b"", b"other.gz", b"Usr1.gz"))


def _wide(dice: random.Random, members: list[Member]) -> None:
    """Sizes of 64 bits, and other extra fields that are too short."""
    member = dice.choice(members)
    member.size = 2**32 - 1
    body = struct.pack("<Q", dice.choice((0, len(member.data), 2**63, 2**40)))[: dice.choice((8, 8, 4, 0))]
    member.extra = struct.pack("<HH", dice.choice((1, 0x7075, 9)), dice.choice((8, len(body), 60))) + body


def _twice(dice: random.Random, members: list[Member]) -> None:
    members.append(dice.choice(members))


def _bomb(dice: random.Random, members: list[Member]) -> None:
    dice.choice(members).data = _BOMB


def _none(dice: random.Random, members: list[Member]) -> None:
    members.clear()
    members.append(Member(b"", b"")) if dice.random() < 0.5 else None


_MEMBERS: tuple[Callable[[random.Random, list[Member]], None], ...] = (
    _evil_member, _evil_member, _flagged, _packed_oddly, _link, _lying, _lying, _wide, _twice, _bomb,
)  # fmt: skip
