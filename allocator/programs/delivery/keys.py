"""The secret key: what voucher ids and signatures are made with, and never shown."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from allocator.errors import AllocatorError

__all__ = ["KEY_VARIABLE", "Key", "read_key"]

KEY_VARIABLE = "ALLOCATOR_DELIVERY_KEY"
MIN_BYTES = 32  # of a key; what `openssl rand -hex 32` prints is 64
ID_BYTES = 20  # of a voucher id: 160 bits, which nobody guesses and no two of which meet


class Key:
    """A secret key, one derived key for each use; it has no text that could reach a log.

    Parameters
    ----------
    secret : bytes
        At least 32 of them.

    Raises
    ------
    AllocatorError
        If it is shorter.

    Examples
    --------
    >>> Key(b"not a secret, only an example....")
    Key(...)
    """

    __slots__ = ("_ids", "_signing", "fingerprint")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_BYTES:
            raise AllocatorError(
                f"the delivery key has {len(secret)} bytes and must have at least {MIN_BYTES}: "
                "make one, for instance with `openssl rand -hex 32`, and keep it: vouchers have "
                "the same ids only under the same key"
            )
        self._ids, self._signing, fingerprint = (
            hmac.digest(secret, use, "sha256") for use in (b"voucher id", b"sign", b"fingerprint")
        )
        self.fingerprint = fingerprint.hex()[:16]  # tells keys apart and nothing about them

    def __repr__(self) -> str:
        return "Key(...)"

    def __reduce__(self) -> str:
        raise TypeError("a delivery key is not pickled")

    def voucher_ids(self, program: str, round_: str, users: Iterable[str]) -> list[str]:
        """Return the voucher id of each user: HMAC-SHA256 of program, round and user.

        Parameters
        ----------
        program, round_ : str
        users : iterable of str

        Returns
        -------
        list of str
            160 bits each, in hexadecimal. Every part is hashed behind its length, so that no two
            different triples are the same bytes.

        Examples
        --------
        >>> key = Key(b"not a secret, only an example....")
        >>> one, two = key.voucher_ids("Announced", "1", ["u1", "u2"])
        >>> len(one), one == two, [one] == key.voucher_ids("Announced", "2", ["u1"])
        (40, False, False)
        """
        start = _part(program) + _part(round_)
        digest, secret = hmac.digest, self._ids
        return [digest(secret, start + _part(user), "sha256")[:ID_BYTES].hex() for user in users]

    def sign(self, content: bytes) -> str:
        """Return the signature of a content, HMAC-SHA256 in hexadecimal."""
        return hmac.digest(self._signing, content, "sha256").hex()

    def signed(self, content: bytes, signature: str) -> bool:
        """Tell whether a signature is of this content and key, in constant time."""
        return hmac.compare_digest(self.sign(content).encode(), signature.encode())


def read_key(path: str | os.PathLike[str] | None = None) -> Key:
    """Read the key from a file, or from the environment variable ``ALLOCATOR_DELIVERY_KEY``.

    Parameters
    ----------
    path : path, optional
        Spaces and line ends around the key do not count.

    Returns
    -------
    Key

    Raises
    ------
    AllocatorError
        If there is no key, or it is too short. The message never has anything of the key.
    """
    if path is not None:
        try:
            return Key(Path(path).read_bytes().strip())
        except OSError as error:
            raise AllocatorError(
                f"the key file {os.fspath(path)} cannot be read: {error.strerror}"
            ) from None
    secret = os.environ.get(KEY_VARIABLE, "").strip()
    if not secret:
        raise AllocatorError(
            f"there is no delivery key: set {KEY_VARIABLE}, or name a file with --key-file"
        )
    return Key(secret.encode("utf-8", "surrogateescape"))


def _part(text: str) -> bytes:
    content = text.encode("utf-8")
    return len(content).to_bytes(8, "big") + content
