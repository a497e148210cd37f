"""Invented values that read like real ones."""

from __future__ import annotations

import re
import sys

import pytest

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.redaction.redact import redact
from pii_sft.redaction.styles import Key
from pii_sft.redaction.surrogates import INVENTED, Surrogate
from pii_sft.spans import Document, Span
from tests.redaction.redacted import KEY, redacted


@pytest.mark.parametrize("label", sorted(set(INVENTED)))
def test_values_invented_with_a_key_are_the_same_in_every_run(label: str) -> None:
    texts = {redacted("#Ann#", (1, 4, label), style=Surrogate("en_US", Key(KEY))) for _ in range(3)}
    assert len(texts) == 1
    assert redacted("#Bob#", (1, 4, label), style=Surrogate("en_US", Key(KEY))) not in texts


def test_two_strings_of_a_document_never_get_one_invented_value() -> None:
    names = [f"Name{number}x" for number in range(60)]
    text = " ".join(names)
    starts = [text.index(f"{name}") for name in names]
    spans = [Span(at, at + len(name), "CITY") for at, name in zip(starts, names, strict=True)]
    done = redact(Document("d", text), spans, Surrogate("en_US", Key(KEY)))
    assert len({each.replacement for each in done.replacements}) == len(names)


def test_invented_values_read_like_values_and_stay_the_same() -> None:
    text = "Ann Lee, ann lee, Bob and ann@x.org, ref 7"
    spans = [Span(0, 7, "PERSON"), Span(9, 16, "PERSON"), Span(18, 21, "PERSON")]
    spans += [Span(26, 35, "EMAIL_ADDRESS"), Span(41, 42, "CASE_REF")]
    done = redact(Document("d", text), spans, Surrogate("en_US"))
    first, second, bob, mail, reference = (each.replacement for each in done.replacements)
    assert first == second != bob
    assert first not in text
    assert re.fullmatch(r"\S+@\S+\.\S+", mail)
    assert reference == "CASE_REF_1"


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "zh_CN"])
@pytest.mark.parametrize("label", INVENTED)
def test_every_invented_value_can_be_made(label: str, locale: str) -> None:
    value = redacted("#", (0, 1, label), style=Surrogate(locale))
    assert value
    assert "\n" not in value


def test_invented_values_need_faker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(MissingExtraError, match=r"pii-sft\[synth\]"):
        Surrogate("en_US")


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(UsageError, match="xx_XX"):
        Surrogate("xx_XX")
