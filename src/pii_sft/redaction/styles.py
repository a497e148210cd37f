"""Styles of replacements for spans, one a class."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pii_sft.errors import UsageError
from pii_sft.redaction.same_strings import same

Write = Callable[[str, str], str]
"""Gives the replacement for a label and the string that stood there."""

BLOCK = "\N{FULL BLOCK}"
KEY_VARIABLE = "PII_SFT_REDACT_KEY"
SHORTEST_KEY = 16
FEWEST_DIFFERENT = 8
"""Least number of different bytes in a key: 16 random bytes have 15 or 16, 32 hex digits 13 to
15."""
_HOW_TO_MAKE = "Make one with: openssl rand -hex 32"
CODE_LENGTH = 10
"""50 bits: of 2,000 sets of a million strings, one has two strings with the same code."""
DIGEST_BYTES = 8


class Style(Protocol):
    """A way to write replacements."""

    @property
    def keeps_length(self) -> bool:
        """True if replacements are as long as what they replace, so that offsets stay."""

    def of(self, text: str) -> Write:
        """Begin a document: a function that writes its replacements, in text order."""


class Label:
    """The label in brackets: `[PERSON]`."""

    keeps_length = False

    def of(self, text: str) -> Write:
        """Give the same function for every document."""
        del text
        return lambda label, _: f"[{label}]"


class Mask:
    """A block for each code point, line breaks included."""

    keeps_length = True

    def of(self, text: str) -> Write:
        """Give the same function for every document."""
        del text
        return lambda _, surface: BLOCK * len(surface)


class Pseudonym:
    """The label and a number: `PERSON_1`, the same for the same string within a document.

    Which strings are the same is said in `same_strings`. Numbers begin at 1 in every document;
    those that the text holds already are passed over. With a key there is a code in the place of
    the number, `PERSON_K7Q2MXA4TD`, which is the same in every document and every run with it.

    Args:
        key: secret of the codes; None numbers.
    """

    keeps_length = False

    def __init__(self, key: Key | None = None) -> None:
        self._key = key

    def of(self, text: str) -> Write:
        """Begin to number."""
        if self._key is None:
            return self._numbering(text)
        key = self._key
        return lambda label, surface: f"{label}_{key.code(surface)}"

    def _numbering(self, text: str) -> Write:
        known: dict[tuple[str, str], str] = {}
        used: Counter[str] = Counter()

        def write(label: str, surface: str) -> str:
            key = (label, same(surface))
            while key not in known:
                used[label] += 1
                name = f"{label}_{used[label]}"
                if name not in text:
                    known[key] = name
            return known[key]

        return write


class Hash:
    """The label and a keyed hash: `PERSON_5d41402abc4b2a76`, the same in every document.

    BLAKE2b with a key, 64 bits. Without the key, nobody can hash names from a list and look for
    them; with it, anybody can, so it has to be kept or thrown away like the data. The same key
    gives the same hashes, so that documents of several runs can be linked.

    Source: Aumasson et al., "BLAKE2: simpler, smaller, fast as MD5", 2013, section 2.9.

    Args:
        key: any secret that `checked_key` takes.

    Raises:
        UsageError: the key could be guessed.
    """

    keeps_length = False

    def __init__(self, key: bytes) -> None:
        checked_key(key)
        self._key = hashlib.blake2b(key, digest_size=hashlib.blake2b.MAX_KEY_SIZE).digest()

    def of(self, text: str) -> Write:
        """Give the same function for every document."""
        del text

        def write(label: str, surface: str) -> str:
            content = same(surface).encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(content, key=self._key, digest_size=DIGEST_BYTES)
            return f"{label}_{digest.hexdigest()}"

        return write


class Key:
    """A secret that turns strings into codes and seeds: HMAC with SHA-256.

    With the key, names from a list can be tried; without it they can't, and texts written with
    different keys can't be linked.

    Source: Krawczyk, Bellare, Canetti, RFC 2104, 1997.

    Args:
        secret: see `checked_key`.

    Raises:
        UsageError: it could be guessed.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = checked_key(secret)

    def code(self, surface: str) -> str:
        """Ten capitals and digits for a string, the same for strings that are the same."""
        digest = self._digest("code", surface)
        return base64.b32encode(digest).decode()[:CODE_LENGTH]

    def seed(self, purpose: str, surface: str) -> int:
        """A number of 256 bits for a string and what it is for."""
        return int.from_bytes(self._digest(purpose, surface), "big")

    def _digest(self, purpose: str, surface: str) -> bytes:
        content = f"{purpose}\0{same(surface)}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, content, "sha256")


STYLES: Mapping[str, Callable[[Path | None], Style]] = {
    "label": lambda _: Label(),
    "mask": lambda _: Mask(),
    "pseudonym": lambda key_file: Pseudonym(key_in(key_file)),
    "hash": lambda key_file: Hash(read_key(key_file)),
}
"""Styles by name, each made with the file of the key, which only the last two open."""


def checked_key(key: bytes) -> bytes:
    """The key, if it can't be guessed at once.

    Raises:
        UsageError: it is too short, or repeats a few bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise UsageError(
            f"The key has {len(key)} bytes and needs {SHORTEST_KEY}, or it could be guessed. "
            f"{_HOW_TO_MAKE}"
        )
    if len(set(key)) < FEWEST_DIFFERENT:
        raise UsageError(
            f"The key repeats {len(set(key))} bytes, so it could be guessed. {_HOW_TO_MAKE}"
        )
    return key


def key_in(path: Path | None) -> Key | None:
    """The key in a file, if one is given."""
    return None if path is None else Key(read_key(path))


def read_key(path: Path | None) -> bytes:
    """The key: from a file, else from the environment, else random for this run.

    Raises:
        UsageError: the file can't be read.
    """
    if path is not None:
        try:
            return path.read_bytes().strip()
        except OSError as error:
            reason = error.strerror or "can't be read"
            raise UsageError(f"The key file {path} can't be used: {reason}.") from None
    given = os.environ.get(KEY_VARIABLE)
    return secrets.token_bytes(32) if given is None else given.encode().strip()
