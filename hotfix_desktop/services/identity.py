"""Who sits at this machine: the operating system's user, and the address that entries carry."""

from __future__ import annotations

import getpass
import os
import socket
import sys

from hotfix_desktop.core.roles import Person

# TEST-NET-1 (RFC 5737): connecting a UDP socket sends nothing, it only chooses the local address.
_NOWHERE = ("192.0.2.1", 9)


def current_person() -> Person:
    """Give the operating system's user of this process, and this machine's address."""
    return Person(_user(), _address())


def _user() -> str:
    if sys.platform == "win32":
        return getpass.getuser()
    # Not from the environment: anybody can set LOGNAME.
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"  # no network at all: the machine itself
