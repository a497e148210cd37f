"""Every document ends up with an id of its own."""

from __future__ import annotations

import numpy as np

from pii_sft.dataset.row_index import digest_of
from pii_sft.dataset.selection.unique_ids import UniqueIds
from pii_sft.spans import Document
from pii_sft.windows import cut


def names(ids: list[str], gone: tuple[int, ...] = ()) -> UniqueIds:
    digests = np.frombuffer(b"".join(digest_of(each)[:8] for each in ids), np.uint64)
    kept = np.ones(len(ids), bool)
    kept[list(gone)] = False
    return UniqueIds(digests, kept)


def renamed(ids: list[str], gone: tuple[int, ...] = ()) -> list[str]:
    made = names(ids, gone)
    changed = set(made.changed.tolist())
    return [
        made.renamed(Document(each, ""), number).id if number in changed else each
        for number, each in enumerate(ids)
        if number not in gone
    ]


def test_later_ones_are_counted() -> None:
    assert renamed(["a", "b", "a", "a"]) == ["a", "b", "a~2", "a~3"]


def test_free_ids_stay() -> None:
    assert names(["a", "b"]).changed.tolist() == []
    assert names([]).changed.tolist() == []


def test_what_is_left_out_takes_no_id() -> None:
    assert renamed(["a", "a", "a"], gone=(0,)) == ["a", "a~2"]


def test_a_new_name_that_is_taken_too_is_avoided() -> None:
    made = renamed(["a", "a~2", "a", "a~2", "a~2_", "a"])
    assert len(set(made)) == len(made)
    assert made[:2] == ["a", "a~2"]
    assert made == renamed(["a", "a~2", "a", "a~2", "a~2_", "a"])


def test_windows_follow_their_document() -> None:
    document = Document("a", "One.\nTwo.\nThree.")
    made = names(["a", "a"])
    moved = [made.renamed(window, 1) for window in cut(document, 6)]
    assert [each.id for each in moved] == ["a~2#w1", "a~2#w2", "a~2#w3"]
    assert {each.meta["window"]["document"] for each in moved} == {"a~2"}


def test_a_foreign_key_called_window_does_not_matter() -> None:
    made = names(["a", "a"]).renamed(Document("a", "", (), {"window": "left"}), 1)
    assert (made.id, made.meta) == ("a~2", {"window": "left"})
