"""Options of readers, set by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import msgspec

from pii_sft.converters.reader import ConfigurableReader, Reader
from pii_sft.errors import UsageError, unknown_name


def configured(reader: Reader, settings: Mapping[str, str]) -> Reader:
    """A reader with some of its options set.

    Args:
        reader: a reader, with or without options.
        settings: option to value, as written on a command line.

    Raises:
        UsageError: the reader has no such option, or the value is none of its choices.
    """
    for name, value in settings.items():
        reader = _with_option(reader, name, value)
    return reader


def _with_option(reader: Reader, name: str, value: str) -> Reader:
    if not isinstance(reader, ConfigurableReader):
        raise UsageError(f"The {reader.name} reader has no options.")
    options = reader.options
    kinds = get_type_hints(type(options))
    if name not in kinds:
        raise unknown_name(f"option of the {reader.name} reader", name, sorted(kinds))
    given = {**msgspec.structs.asdict(options), name: value}
    try:
        changed = msgspec.convert(given, type(options), strict=False)
    except msgspec.ValidationError:
        choices = " or ".join(map(str, get_args(kinds[name]) or _VALUES[kinds[name]]))
        raise UsageError(f"Option {name} of the {reader.name} reader takes {choices}.") from None
    configurable: Any = reader  # a dataclass, which no protocol can say
    made: Reader = dataclasses.replace(configurable, options=changed)
    return made


_VALUES = {bool: ("true", "false"), int: ("a whole number",)}
