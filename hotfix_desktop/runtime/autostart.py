"""Start at login: each system's own way to run one command when the user logs in.

It is the user's own entry, never the machine's, so no rights are needed. What is run ends at once: it only
starts a guard for each workspace that needs one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hotfix_desktop.core.errors import Refused

NAME = "hotfix-desktop-guard"
LABEL = "com.hotfix-desktop.guard"
RUN_LIMIT = 260
"""Windows starts no longer command line from there (Microsoft, "Run and RunOnce Registry Keys")."""

_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class RunKey(Protocol):
    """The values below Windows' Run key of this user; each call may raise ``OSError``."""

    def get(self, name: str) -> str | None:
        """Give a value, None where there is none."""
        ...  # pragma: no cover

    def put(self, name: str, value: str) -> None:
        """Write a value."""
        ...  # pragma: no cover

    def remove(self, name: str) -> None:
        """Remove a value; fine where there is none."""
        ...  # pragma: no cover


class Autostart:
    """One command at each login of this user."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        platform: str = sys.platform,
        folder: Path | None = None,
        run_key: RunKey | None = None,
    ) -> None:
        """Keep the command.

        ``platform`` is in the words of ``sys.platform``; ``folder`` is where the entry goes on Linux and macOS, and
        ``run_key`` on Windows: the system's own unless given.
        """
        self._command = list(command)
        self._platform = platform
        self._file = (folder or _folder(platform, os.environ)) / (
            f"{LABEL}.plist" if platform == "darwin" else f"{NAME}.desktop"
        )
        self._run_key = run_key

    def is_on(self) -> bool:
        """Whether this very command is run at login; another home's or another installation's does not count.

        Raises ``Refused`` when that cannot be read.
        """
        try:
            if self._platform == "win32":
                return self._registry().get(NAME) == self._command_line()
            return self._file.read_bytes() == self._content()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._cannot("read", error) from error

    def is_another(self) -> bool:
        """Whether the entry runs something else at login: another home's guard, or another installation's.

        Raises ``Refused`` when that cannot be read.
        """
        try:
            if self._platform == "win32":
                return self._registry().get(NAME) not in (None, self._command_line())
            return self._file.read_bytes() != self._content()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._cannot("read", error) from error

    def turn_on(self) -> None:
        """Run it at each login from now on; raises ``Refused`` when that cannot be written."""
        try:
            if self._platform == "win32":
                line = self._command_line()
                if len(line) > RUN_LIMIT:
                    raise Refused(
                        f"Windows starts no command of more than {RUN_LIMIT} characters at login, and this has "
                        f"{len(line)}.",
                        "Install the program in a folder with a shorter path.",
                        line,
                    )
                self._registry().put(NAME, line)
                return
            content = self._content()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: half an entry would be run at the next login.
            written = self._file.with_name(f".{self._file.name}.new")
            written.write_bytes(content)
            written.replace(self._file)
        except OSError as error:
            raise self._cannot("written", error) from error

    def turn_off(self) -> None:
        """Run it no more, also where it is another home's; raises ``Refused`` when that cannot be written."""
        try:
            if self._platform == "win32":
                self._registry().remove(NAME)
            else:
                self._file.unlink(missing_ok=True)
        except OSError as error:
            raise self._cannot("removed", error) from error

    def _content(self) -> bytes:
        if self._platform == "darwin":
            return _agent(self._command)
        return desktop_entry(self._command).encode("utf-8", "surrogateescape")

    def _command_line(self) -> str:
        from subprocess import list2cmdline

        return list2cmdline(self._command)

    def _registry(self) -> RunKey:
        return self._run_key or _Registry()

    def _cannot(self, done: str, error: OSError) -> Refused:
        place = rf"HKEY_CURRENT_USER\{_RUN_KEY}" if self._platform == "win32" else str(self._file)
        return Refused(f"{place} cannot be {done}: {error.strerror or error}.", "", str(error))


def desktop_entry(command: Sequence[str]) -> str:
    """Give the entry of the freedesktop.org specification that runs a command without a terminal or a start mark."""
    return "\n".join(
        [
            "[Desktop Entry]",
            "Type=Application",
            "Name=Hotfix Desktop guard",
            "Comment=Locks packages at their deadline, also those that were open when the computer was switched off",
            f"Exec={' '.join(_exec_word(word) for word in command)}",
            "Icon=hotfix-desktop",
            "Terminal=false",
            "NoDisplay=true",
            "StartupNotify=false",
            "",
        ]
    )


def _exec_word(word: str) -> str:
    """Quote one argument for Exec: first by the rules of Exec, then by those of every value in such a file."""
    quoted = "".join(f"\\{c}" if c in '"`$\\' else c for c in word).replace("%", "%%")
    if not word or not all(c.isalnum() or c in "-_./:=@,+%" for c in word):
        quoted = f'"{quoted}"'
    return "".join(_ESCAPES.get(c, c) for c in quoted)


def _agent(command: Sequence[str]) -> bytes:
    import plistlib

    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "ProcessType": "Background",
            "AbandonProcessGroup": True,  # else launchd ends the guards with the command that started them
        }
    )


def _folder(platform: str, environment: Mapping[str, str]) -> Path:
    if platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents"
    chosen = environment.get("XDG_CONFIG_HOME", "")
    # The specification has a relative path ignored.
    config = Path(chosen) if os.path.isabs(chosen) else Path.home() / ".config"
    return config / "autostart"


class _Registry:
    """The real Run key."""

    def get(self, name: str) -> str | None:
        """Give a value."""
        winreg = _winreg()
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
                return str(winreg.QueryValueEx(key, name)[0])
        except FileNotFoundError:
            return None

    def put(self, name: str, value: str) -> None:
        """Write a value."""
        winreg = _winreg()
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
            winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)

    def remove(self, name: str) -> None:
        """Remove a value."""
        winreg = _winreg()
        access = winreg.KEY_SET_VALUE
        with (
            contextlib.suppress(FileNotFoundError),
            winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY, 0, access) as key,
        ):
            winreg.DeleteValue(key, name)


def _winreg() -> Any:
    import winreg

    return winreg
