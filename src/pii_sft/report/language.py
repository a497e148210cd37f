"""Translations of pages: words, and findings by their figures."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import msgspec

from pii_sft.findings import Finding
from pii_sft.terminal import plural

Code = Literal["en", "zh"]


_WORDS = ("unit", "speed_unit", "name")
"""Figures that are words to translate, rather than labels or numbers."""


class _FindingText(msgspec.Struct, frozen=True):
    title: str
    evidence: str
    fix: str


class _Catalogue(msgspec.Struct, frozen=True):
    """The translations of a language.

    Attributes:
        words: by the English text; `{name}` stands for a value.
        findings: by the id of the rule; `{name}` stands for a figure.
    """

    words: Mapping[str, str] = {}
    findings: Mapping[str, _FindingText] = {}


class Language:
    """The language of a page; calling it translates a text.

    Args:
        code: of the language.
    """

    def __init__(self, code: Code = "en") -> None:
        self.code = code
        self._catalogue = _Catalogue() if code == "en" else _read(code)

    def __call__(self, text: str, **values: Any) -> str:
        """A text of the page; English where the language does not have it."""
        said = self._catalogue.words.get(text, text)
        return said.format(**values) if values else said

    def counted(self, number: int, noun: str) -> str:
        """A number of something, with its thousands parted: `1 document`, `2,000 documents`.

        Catalogues list it as `{count} documents`.
        """
        many = f"{{count}} {plural(noun)}"
        one = many if many in self._catalogue.words else f"{{count}} {noun}"
        return self(one if number == 1 else many, count=f"{number:,}")

    @property
    def words(self) -> Mapping[str, str]:
        """All texts, for scripts."""
        return self._catalogue.words

    @property
    def rules(self) -> frozenset[str]:
        """Ids of the rules whose findings it can tell."""
        return frozenset(self._catalogue.findings)

    def finding(self, finding: Finding) -> Finding:
        """A finding as it is said here; in English where this rule was not translated.

        Figures that a rule leaves out are left out of the sentence with the part in brackets that
        names them: `[[, at {at:g}]]`.
        """
        text = self._catalogue.findings.get(finding.id)
        if text is None:
            return finding
        known = {
            name: self(value) if name in _WORDS else value
            for name, value in finding.figures.items()
        }
        said = {name: _filled(getattr(text, name), known) for name in ("title", "evidence", "fix")}
        return msgspec.structs.replace(finding, **said)


def _filled(text: str, figures: Mapping[str, Any]) -> str:
    """A template with figures; a part in double brackets is dropped where it lacks one."""
    found = []
    for index, part in enumerate(text.replace("]]", "[[").split("[[")):
        try:
            found.append(part.format(**figures))
        except (KeyError, ValueError, TypeError):
            if index % 2 == 0:
                raise
    return "".join(found)


def _read(code: Code) -> _Catalogue:
    content = (resources.files("pii_sft.report") / "page" / f"{code}.yaml").read_bytes()
    return msgspec.yaml.decode(content, type=_Catalogue)
