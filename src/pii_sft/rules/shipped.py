"""The rule files that come with the package."""

from __future__ import annotations

from importlib import resources

from pii_sft.rules.pattern import Patterns, read_rules

_FOLDER = resources.files("pii_sft.rules")


def network() -> Patterns:
    """E-mail, URL, IP and hardware addresses."""
    return read_rules(_FOLDER / "network.yaml")


def money() -> Patterns:
    """Cards, accounts, wallets and VAT numbers."""
    return read_rules(_FOLDER / "money.yaml")


def china() -> Patterns:
    """Resident identity numbers, telephones, credit codes, passports and plates of China."""
    return read_rules(_FOLDER / "china.yaml")


def national() -> Patterns:
    """Numbers that states give to people."""
    return read_rules(_FOLDER / "national.yaml")
