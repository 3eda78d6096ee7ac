"""Which anchors and which members a workspace has, remembered outside of its database.

The settings that name the anchors stand in the database that they judge: whoever brings an older database back, or
deletes a row of it, must not switch the judges off. Nor may they acknowledge that alone because the older database
knows of nobody else.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """What was configured once.

    Attributes:
        folders: each with the number of the newest entry when it was chosen.
        journal: whether the system journal has copies.
        members: the users who had a role when the log was last in order.
    """

    folders: Mapping[str, int] = field(default_factory=dict)
    journal: bool = False
    members: frozenset[str] = frozenset()


class Memory:
    """A small file of the person's own, beside the folder of anchors."""

    def __init__(self, path: Path) -> None:
        """Use this file, whose folder is made when first needed."""
        self._path = path

    def load(self) -> KnownPlaces:
        """Give what is remembered; nothing where nothing is, or nonsense."""
        try:
            facts = json.loads(self._path.read_text("utf-8"))
            folders = {str(name): int(at) for name, at in facts["folders"].items()}
            return KnownPlaces(folders, facts["journal"] is True, frozenset(map(str, facts.get("members", ()))))
        except FileNotFoundError:
            return KnownPlaces()
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            log.warning("what anchors there are is not remembered any more: %s", error)
            return KnownPlaces()

    def save(self, known: KnownPlaces) -> None:
        """Remember these from now on; where that is not possible only the settings say it."""
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = {"folders": dict(known.folders), "journal": known.journal, "members": sorted(known.members)}
            fresh.write_text(json.dumps(facts), "utf-8")
            os.replace(fresh, self._path)
        except OSError as error:
            log.warning("the anchors cannot be remembered: %s", error)
