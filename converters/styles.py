"""Writers that can write in more than one style."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import msgspec

from pii_sft.converters.writer import Writer
from pii_sft.errors import UsageError


def styles(writer: Writer) -> tuple[str, ...]:
    """The styles of a writer, its default among them; none if it has but one way to write."""
    options = getattr(writer, "options", None)
    return get_args(get_type_hints(type(options)).get("style")) if options is not None else ()


def styled(writer: Writer, style: str) -> Writer:
    """A writer in a style; as it is, where the style is empty or none of its own."""
    if style not in styles(writer):
        return writer
    changing: Any = writer
    options = msgspec.structs.replace(changing.options, style=style)
    made: Writer = dataclasses.replace(changing, options=options)
    return made


def check_style(writers: Sequence[Writer], style: str) -> None:
    """Refuse a style that none of the writers has.

    Raises:
        UsageError: none has.
    """
    if not style or any(style in styles(writer) for writer in writers):
        return
    known = [f"{each.name}: {', '.join(styles(each))}" for each in writers if styles(each)]
    names = ", ".join(writer.name for writer in writers)
    has = f"Known are {'; '.join(known)}." if known else "Leave out --style."
    raise UsageError(f"{names} can't be written in the style {style!r}. {has}")
