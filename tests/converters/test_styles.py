"""Styles of writers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import pytest

from pii_sft.converters import WRITERS
from pii_sft.converters.styles import check_style, styled, styles
from pii_sft.errors import UsageError


class _Options(msgspec.Struct, frozen=True):
    style: Literal["plain", "fancy"] = "plain"
    width: int = 80


@dataclass(frozen=True)
class _Writer:
    options: _Options = field(default_factory=_Options)
    name = "example"


def test_every_style_of_every_writer_can_be_chosen() -> None:
    found = {name: styles(WRITERS.get(name)) for name in WRITERS.names()}
    assert {name: each for name, each in found.items() if each} == {
        "label_studio": ("annotations", "predictions"),
        "llamafactory": ("sharegpt", "alpaca"),
    }
    for name, each in found.items():
        for style in each:
            made: Any = styled(WRITERS.get(name), style)
            assert made.options.style == style
            assert type(made) is type(WRITERS.get(name))


def test_a_style_changes_nothing_else() -> None:
    writer: Any = _Writer(_Options(width=20))
    made: Any = styled(writer, "fancy")
    assert made.options == _Options("fancy", 20)
    assert writer.options.style == "plain"


@pytest.mark.parametrize("style", ["", "alpaca", "Fancy"])
def test_a_writer_without_the_style_stays_as_it_is(style: str) -> None:
    writer: Any = _Writer()
    assert styled(writer, style) is writer


def test_a_style_that_no_writer_has_is_refused() -> None:
    writers = [WRITERS.get(name) for name in ("trl", "llamafactory", "label_studio")]
    check_style(writers, "")
    check_style(writers, "predictions")
    with pytest.raises(UsageError, match="llamafactory: sharegpt, alpaca; label_studio: annot"):
        check_style(writers, "chatml")
    with pytest.raises(UsageError, match="Leave out --style"):
        check_style(writers[:1], "alpaca")
