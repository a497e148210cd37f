"""The language that WikiANN and PAN-X write in front of every token: `en:Rome`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pii_sft.errors import RecordError

_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]{2,8}){0,2}|simple):(?=.)", re.DOTALL)
_LEAST_SHARE = 0.5


def language_of(tokens: Sequence[str]) -> str:
    """The language in front of most tokens of a file; empty if there is none.

    A token without it is an error later on.
    """
    matches = (_LANGUAGE.match(token) for token in tokens)
    seen = Counter(match[1] for match in matches if match is not None)
    language, number = max(seen.items(), key=lambda item: item[1], default=("", 0))
    return language if number > 1 and number > _LEAST_SHARE * len(tokens) else ""


def without_language(token: str, language: str) -> str:
    """A token as it stands in the text.

    Raises:
        RecordError: it lacks the language that stands in front of the others.
    """
    if not language:
        return token
    if not token.startswith(f"{language}:"):
        raise RecordError("text", f"a token does not begin with the {language}: of others")
    return token[len(language) + 1 :]
