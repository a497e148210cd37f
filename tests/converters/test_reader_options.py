"""Options of readers, as they are given on a command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.brat import READER as BRAT
from pii_sft.converters.readers.presidio import READER as PRESIDIO
from pii_sft.converters.readers.webanno import READER as WEBANNO
from pii_sft.errors import UsageError


class _Options(msgspec.Struct, frozen=True):
    name: str = ""
    count: int = 1
    loud: bool = False
    kind: Literal["one", "two"] = "one"


@dataclass(frozen=True)
class _Reader:
    options: _Options = _Options()  # noqa: RUF009
    name = "example"

    def sniff(self, head: Head) -> float:
        del head
        return 0.0

    def read(self, path: Path) -> Iterator[ReadResult]:
        del path
        yield from ()


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, _Options()),
        ({"name": "7", "count": "7"}, _Options("7", 7)),
        ({"loud": "true", "kind": "two"}, _Options(loud=True, kind="two")),
        ({"name": ""}, _Options()),
    ],
)
def test_values_are_converted(settings: dict[str, str], options: _Options) -> None:
    reader = _Reader()
    assert configured(reader, settings).options == options  # type: ignore[arg-type, attr-defined]
    assert reader.options == _Options()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": "many"}, "Option count of the example reader takes a whole number."),
        ({"loud": "7"}, "Option loud of the example reader takes true or false."),
        ({"kind": "three"}, "Option kind of the example reader takes one or two."),
        ({"nmae": "x"}, "reader 'nmae'. Did you mean name? Known: count, kind, loud, name."),
        ({"zzz": "x"}, "reader 'zzz'. Known: count, kind, loud, name."),
    ],
)
def test_what_cannot_be_is_explained(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured(_Reader(), settings)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_reader_without_options() -> None:
    assert configured(PRESIDIO, {}) is PRESIDIO
    with pytest.raises(UsageError, match="The presidio reader has no options"):
        configured(PRESIDIO, {"track": "x"})


def test_of_real_readers() -> None:
    with pytest.raises(UsageError, match="takes fragments or hull or drop"):
        configured(BRAT, {"discontinuous": "both"})
    assert configured(WEBANNO, {"layer": "Entity"}) != WEBANNO
