"""What parts of entities are called."""

from __future__ import annotations

import pytest

from pii_sft import entity_keys as keys


@pytest.mark.parametrize(
    "key",
    [
        *("start", "Start", "start_offset", "startOffset", "BeginOffset", "begin-offset", "beg"),
        *("start_idx", "startIndex", "start_char", "char_start", "span_start", "char_start_index"),
        *("characterOffsetBegin", "start_pos", "position_start", "entity_start", "offset_start"),
    ],
)
def test_starts(key: str) -> None:
    assert keys.plain_key(key) in keys.START_KEYS


@pytest.mark.parametrize("key", ["token_start", "startToken", "id", "entity_id", "score", "page"])
def test_numbers_that_are_no_offsets(key: str) -> None:
    plain = keys.plain_key(key)
    assert plain not in keys.START_KEYS
    assert keys.says_something_else(plain)


def test_every_start_has_its_end() -> None:
    starts = [key for key in keys.START_KEYS if key.isascii() and "start" in key]
    assert {key.replace("start", "end") for key in starts} <= set(keys.END_KEYS)


def test_no_key_means_two_things() -> None:
    assert not set(keys.LABEL_KEYS) & {*keys.SURFACE_KEYS, *keys.EITHER_KEYS, *keys.START_KEYS}
    assert not set(keys.START_KEYS) & set(keys.END_KEYS)
    assert not set(keys.SURFACE_KEYS) & set(keys.EITHER_KEYS)
