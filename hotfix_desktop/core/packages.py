"""Packages and their elements as a workspace reports them. Frozen values that cross every floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ElementKind(StrEnum):
    """What an element is (``creatio.md`` 8.1); the values are the words on the screen."""

    SCHEMA = "Schema"
    DATA = "Data binding"
    RESOURCE = "Resource"
    SQL_SCRIPT = "SQL script"
    ASSEMBLY = "Assembly"
    FILE = "File"


@dataclass(frozen=True, slots=True)
class Element:
    """One item inside a package.

    Attributes:
        kind: what it is.
        name: the schema's, binding's, resource's, script's or assembly's name; for a file its path below ``Files``.
        path: where it lies, relative to the package, with forward slashes.
        manager: the schema manager (``EntitySchemaManager`` …); for a resource its kind; else empty.
        caption: the title that its descriptor gives; else empty.
        modified: ``ModifiedOnUtc`` of its descriptor, or the file's own time; UTC, aware; None where nobody knows.
    """

    kind: ElementKind
    name: str
    path: str
    manager: str = ""
    caption: str = ""
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that another one depends on."""

    name: str
    uid: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class FoundPackage:
    """A package as its workspace reports it.

    Attributes:
        key: names the package within its workspace for ever, whatever its descriptor says: the
            folder's path below the workspace, or on a server the UId.
        name: ``Name`` of the descriptor, or the folder's name where there is none.
        uid: ``UId``, lower case; empty when unknown.
        problem: why the package cannot be unlocked, in one sentence; empty for a sound package.
        synchronised: false for a folder that holds files but no descriptor (``creatio.md`` 8.7).
        linked_to: where the package really lies when its folder is a link; else empty.
    """

    key: str
    name: str
    uid: str = ""
    version: str = ""
    maintainer: str = ""
    description: str = ""
    modified: datetime | None = None
    depends_on: tuple[Dependency, ...] = ()
    problem: str = ""
    synchronised: bool = True
    linked_to: str = ""


class Openness(StrEnum):
    """What a look at the package itself says, whatever the database believes."""

    CLOSED = "closed"
    OPEN = "open"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Listing:
    """All packages of a workspace, and what was odd about the workspace as a whole."""

    packages: tuple[FoundPackage, ...]
    remarks: tuple[str, ...] = field(default=())
