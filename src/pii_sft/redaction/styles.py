"""What is put in the place of a span: one style a class."""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pii_sft.errors import UsageError

Write = Callable[[str, str], str]
"""Gives the replacement for a label and the string that stood there."""

BLOCK = "\N{FULL BLOCK}"
KEY_VARIABLE = "PII_SFT_REDACT_KEY"
SHORTEST_KEY = 16
DIGEST_BYTES = 8


class Style(Protocol):
    """A way to write replacements."""

    @property
    def keeps_length(self) -> bool:
        """Whether replacements are as long as what they replace, so that offsets stay."""

    def of(self, text: str) -> Write:
        """Begin a document: a function that writes its replacements, in text order."""


class Label:
    """The label in brackets: `[PERSON]`."""

    keeps_length = False

    def of(self, text: str) -> Write:
        """No document is different."""
        del text
        return lambda label, _: f"[{label}]"


class Mask:
    """A block for each code point, line breaks included."""

    keeps_length = True

    def of(self, text: str) -> Write:
        """No document is different."""
        del text
        return lambda _, surface: BLOCK * len(surface)


class Pseudonym:
    """The label and a number: `PERSON_1`, the same for the same string within a document.

    Strings are the same if they are without regard to case, width and white space. Numbers begin
    at 1 in every document; those that the text holds already are passed over.
    """

    keeps_length = False

    def of(self, text: str) -> Write:
        """Begin to number."""
        known: dict[tuple[str, str], str] = {}
        used: Counter[str] = Counter()

        def write(label: str, surface: str) -> str:
            key = (label, folded(surface))
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
        key: any secret of at least `SHORTEST_KEY` bytes.

    Raises:
        UsageError: the key is too short.
    """

    keeps_length = False

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise UsageError(
                f"The key has {len(key)} bytes and needs {SHORTEST_KEY}, or it could be guessed. "
                "Make one with: openssl rand -hex 32"
            )
        self._key = hashlib.blake2b(key, digest_size=hashlib.blake2b.MAX_KEY_SIZE).digest()

    def of(self, text: str) -> Write:
        """No document is different."""
        del text

        def write(label: str, surface: str) -> str:
            content = folded(surface).encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(content, key=self._key, digest_size=DIGEST_BYTES)
            return f"{label}_{digest.hexdigest()}"

        return write


STYLES: Mapping[str, Callable[[Path | None], Style]] = {
    "label": lambda _: Label(),
    "mask": lambda _: Mask(),
    "pseudonym": lambda _: Pseudonym(),
    "hash": lambda key_file: Hash(read_key(key_file)),
}
"""Styles by name, each made with the file of the key, which only `hash` opens."""


def folded(surface: str) -> str:
    """A string without regard to case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", surface).casefold().split())


def read_key(path: Path | None) -> bytes:
    """The key for hashes: from a file, else from the environment, else random for this run.

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
