"""Styles by name, with the key or the locale that they need."""

from __future__ import annotations

from pathlib import Path

from pii_sft.errors import UsageError, unknown_name
from pii_sft.redaction.styles import STYLES, Style, key_in
from pii_sft.redaction.surrogates import Surrogate


def style_named(name: str, key_file: Path | None = None, locale: str | None = None) -> Style:
    """A style, with what it needs.

    Args:
        name: key of `STYLES`.
        key_file: secret for `hash` and `pseudonym`. Without, `hash` takes one from the
            environment or makes one up, and `pseudonym` numbers, or invents, anew each time.
        locale: of invented values, for `pseudonym`; None invents none.

    Raises:
        UsageError: there is no such style, or it has no use for the key or the locale, or the key
            can't be used.
    """
    if name not in STYLES:
        raise unknown_name("style", name, STYLES)
    if key_file is not None and name not in ("hash", "pseudonym"):
        raise UsageError("Only the styles hash and pseudonym have a key.")
    if locale is None:
        return STYLES[name](key_file)
    if name != "pseudonym":
        raise UsageError("Only the style pseudonym invents values.")
    return Surrogate(locale, key_in(key_file))
