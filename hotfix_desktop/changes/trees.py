"""Recorded trees as bytes: manifests without stamps, which mean nothing once the files were touched."""

from __future__ import annotations

from hotfix_desktop.changes.errors import damaged
from hotfix_desktop.core.manifest import Manifest


def encode(manifest: Manifest) -> bytes:
    """Give the bytes of a tree."""
    return manifest.encode(stamped=False)


def decode(digest: bytes, data: object) -> Manifest:
    """Give the tree of these bytes; ``StoreError`` when they are damaged, or are those of another one."""
    name = f"The recorded tree {digest.hex()[:12]}"
    if not isinstance(data, bytes):  # a damaged row may hold anything
        raise damaged(name, f"its data is {type(data).__name__}")
    try:
        manifest = Manifest.decode(data)
    except ValueError as error:
        raise damaged(name, str(error)) from error
    if manifest.digest() != digest:
        raise damaged(name, f"its digest is {manifest.digest().hex()}")
    return manifest
