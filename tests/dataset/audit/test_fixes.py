"""Corrected copies: what is corrected, what is left alone, and the log of changes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from pii_sft.dataset.audit import FIXES, AuditOptions, audit
from pii_sft.errors import UsageError
from pii_sft.files import read_documents, write_documents
from pii_sft.spans import Document, Span
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, in_splits, person, run


def mended(folder: Path, documents: list[Document], *fixes: str) -> dict[str, Document]:
    """The corrected copy, by id."""
    run(folder, documents, fixes=fixes, out=folder / "out")
    files = sorted((folder / "out/documents").iterdir())
    return {each.id: each for path in files for each in read_documents(path)}


def log(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "out/changes.jsonl").read_text().splitlines()]


def test_healthy_data_is_copied_as_it_is(tmp_path: Path) -> None:
    documents = in_splits(healthy())
    assert mended(tmp_path, documents, *FIXES) == {each.id: each for each in documents}
    assert log(tmp_path) == []
    names = {path.name for path in (tmp_path / "out/documents").iterdir()}
    assert names == {"train.jsonl", "test.jsonl"}


def test_ends_of_spans(tmp_path: Path) -> None:
    documents = [
        Document("white", "to Ann now", (Span(3, 7, "A"),)),
        Document("blank", "to  Ann", (Span(2, 4, "A"),)),
        Document("word", "to Annabel", (Span(3, 6, "A"),)),
        Document("accent", "to Zoe\u0308 now", (Span(3, 6, "A"),)),
        Document("emoji", "hi 👩\u200d🚒 you", (Span(3, 4, "A"),)),
    ]
    fixed = mended(tmp_path, documents, "trim", "snap")
    assert fixed["white"].spans == (Span(3, 6, "A"),)
    assert fixed["blank"].spans == ()
    assert fixed["word"].spans == (Span(3, 10, "A"),)
    assert fixed["accent"].spans == (Span(3, 7, "A"),)
    assert fixed["emoji"].spans == (Span(3, 6, "A"),)
    assert log(tmp_path)[0] == {
        "id": "white",
        "split": "",
        "fix": "trim",
        "before": {"start": 3, "end": 7, "label": "A"},
        "after": {"start": 3, "end": 6, "label": "A"},
    }


def test_documents_are_dropped_from_train_rather_than_from_test(tmp_path: Path) -> None:
    documents = in_splits(healthy(40))
    leaked = documents[4].replaced(id="leak", meta={"split": "train"})
    again = documents[8].replaced(id="again")
    empty = annotated("empty", " ", split="train")
    fixed = mended(tmp_path, [*documents, leaked, again, empty], "dedupe", "empty")
    assert fixed.keys() == {each.id for each in documents}
    assert {each["id"]: each["fix"] for each in log(tmp_path)} == {
        "leak": "dedupe",
        "again": "dedupe",
        "empty": "empty",
    }


def test_ids_become_unique(tmp_path: Path) -> None:
    documents = healthy(6)
    twice = [annotated("d0", f"More of number {n}") for n in range(2)]
    assert mended(tmp_path, documents + twice, "ids").keys() == {
        *(each.id for each in documents),
        "d0#2",
        "d0#3",
    }


def test_labels_of_the_majority(tmp_path: Path) -> None:
    often = [annotated(f"o{n}", f"Call Acme in {n}", ("Acme", "COMPANY")) for n in range(60)]
    wrong = annotated("wrong", "Acme says no", ("Acme", "CITY"))
    missed = annotated("missed", "So Acme says no, and zed@example.com too")
    fixed = mended(tmp_path, [*healthy(), *often, wrong, missed], "relabel", "complete")
    assert fixed["wrong"].spans == (Span(0, 4, "COMPANY"),)
    assert fixed["missed"].spans == (Span(3, 7, "COMPANY"), Span(21, 36, "EMAIL"))


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("form", "thing"),
    [("So Dr. {} wrote", "Dr. {}"), ("by {}, then", "{},"), ('say "{}" now', '"{}"'),
     ("is {}'s hat", "{}'s"), ("pay ${} now", "${}"), ("请{}先生来", "{}先生")],
)  # fmt: skip
def test_bounds_of_the_majority(form: str, thing: str, inside: bool, tmp_path: Path) -> None:
    documents = []
    for n in range(40):
        name = person(n)
        rare, common = (name, thing.format(name))[:: 1 if inside else -1]
        marked = rare if n < 6 else common
        documents.append(annotated(f"d{n}", f"{form.format(name)} {n}", (marked, "NAME")))
    fixed = mended(tmp_path, documents, "bounds")
    wanted = thing if inside else "{}"
    assert [each.surface(each.spans[0]) for each in fixed.values()] == [
        wanted.format(person(n)) for n in range(40)
    ]
    assert len(log(tmp_path)) == 6


def test_overlaps_keep_the_longest(tmp_path: Path) -> None:
    text = "Ann Lee Ray of Rome"
    documents = [
        Document("cross", text, (Span(0, 7, "A"), Span(4, 12, "A"))),
        Document("nest", text, (Span(0, 11, "A"), Span(4, 7, "B"))),
        Document("twice", text, (Span(15, 19, "A"), Span(15, 19, "B"))),
    ]
    fixed = mended(tmp_path / "one", documents, "overlaps")
    assert fixed["cross"].spans == (Span(4, 12, "A"),)
    assert fixed["nest"].spans == documents[1].spans
    assert fixed["twice"].spans == (Span(15, 19, "A"),)
    assert mended(tmp_path / "two", documents, "flatten")["nest"].spans == (Span(0, 11, "A"),)


def test_a_corrected_copy_has_nothing_left_to_correct(tmp_path: Path) -> None:
    documents = healthy()
    documents += [each.replaced(id=f"{each.id}-2") for each in documents[:9]]
    documents.append(Document("white", "to Ann Lee now", (Span(2, 11, "PERSON"),)))
    mended(tmp_path, documents, "dedupe", "trim")
    again = audit([tmp_path / "out/documents"], AuditOptions(near=False))
    assert {each.finding.id for each in again.found} == set()


def test_only_an_earlier_copy_is_replaced(tmp_path: Path) -> None:
    documents = healthy(9)
    mended(tmp_path, documents, "trim")
    assert stat.S_IMODE((tmp_path / "out/changes.jsonl").stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="--overwrite"):
        mended(tmp_path, documents, "trim")
    run(tmp_path, documents, fixes=["trim"], out=tmp_path / "out", overwrite=True)
    (tmp_path / "out/documents/data.jsonl").unlink(missing_ok=True)
    write_documents(tmp_path / "out/documents/documents.jsonl", documents[:1], overwrite=True)
    with pytest.raises(UsageError, match="changed since"):
        run(tmp_path, documents, fixes=["trim"], out=tmp_path / "out", overwrite=True)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "changes.jsonl").write_text("my work")
    with pytest.raises(UsageError):
        run(tmp_path, documents, fixes=["trim"], out=mine, overwrite=True)
    assert (mine / "changes.jsonl").read_text() == "my work"


def test_an_unknown_fix_names_the_closest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean trim"):
        run(tmp_path, healthy(3), fixes=["trimm"], out=tmp_path / "out")
    with pytest.raises(UsageError, match="go together"):
        run(tmp_path, healthy(3), fixes=["trim"])
