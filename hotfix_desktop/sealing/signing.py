"""Ed25519 signatures under checkpoints, through the library ``cryptography``; loaded only when one is needed."""

from __future__ import annotations

from hotfix_desktop.core.checkpoints import Checkpoint, SignedNote, key_id, signed


class SigningKey:
    """A private key, for as long as it is in memory."""

    def __init__(self, secret: bytes) -> None:
        """Take up the 32 bytes of :meth:`secret`; raises ``ValueError`` for any other length."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    @classmethod
    def new(cls) -> SigningKey:
        """Make a fresh key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    def secret(self) -> bytes:
        """Give the 32 bytes that are to be kept secret."""
        return self._key.private_bytes_raw()

    def sign(self, checkpoint: Checkpoint) -> SignedNote:
        """Sign a checkpoint."""
        return signed(checkpoint, self.public, self._key.sign(checkpoint.text().encode()))


def is_signed(note: SignedNote, public: bytes) -> bool:
    """Whether a note bears the signature of this key; about 0.1 ms."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if note.signature.key_id != key_id(note.signature.name, public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(note.signature.signature, note.text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
