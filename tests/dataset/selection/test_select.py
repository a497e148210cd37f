"""What a conversion does to a data set as a whole: duplicates, balance, copies, windows."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from pii_sft.dataset.convert import Conversion, convert
from pii_sft.errors import UsageError
from pii_sft.files import read_documents, write_documents
from pii_sft.prompt import guarded
from pii_sft.records.dataset_folder import Balance, Change
from pii_sft.spans import Document
from pii_sft.targets import TARGETS
from pii_sft.windows import merge
from tests.conftest import annotated

FIRST = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jon")
LAST = ("Lee", "Ray", "Stone", "Marsh", "Hill", "Frost", "Wood", "Field")


def corpus(count: int = 200) -> list[Document]:
    """Half without entities, a fiftieth with a passport; all different."""
    documents = []
    for number in range(count):
        name = f"{FIRST[number % 10]} {LAST[number % 8]}{number}"
        if number % 2:
            document = annotated(
                f"d{number}", f"Order {number * 7919} was shipped on day {number}."
            )
        elif number % 50 == 0:
            document = annotated(
                f"d{number}",
                f"Passport X{number}77 belongs to {name}.",
                (f"X{number}77", "PASSPORT"),
                (name, "PERSON"),
            )
        else:
            document = annotated(f"d{number}", f"{name} came at {number}.", (name, "PERSON"))
        documents.append(document)
    return documents


def converted(documents: Sequence[Document], out: Path, **options: object) -> Conversion:
    path = out.with_suffix(".in.jsonl")
    write_documents(path, documents, overwrite=True)
    return convert([path], out=out, **options)  # type: ignore[arg-type]


def side(out: Path, split: str) -> list[Document]:
    return list(read_documents(out / "gold" / f"{split}.jsonl"))


def check(out: Path, done: Conversion) -> None:
    """Rows and gold agree, every row decodes to its gold, ids are unique, counts are true."""
    target = TARGETS.get("json")
    ids: Counter[str] = Counter()
    for split, counts in done.manifest.splits.items():
        gold = side(out, split)
        rows = [json.loads(line) for line in (out / f"{split}.jsonl").read_text().splitlines()]
        assert len(gold) == len(rows) == counts.documents
        assert sum(not each.spans for each in gold) == counts.without_entities
        assert Counter(span.label for each in gold for span in each.spans) == counts.labels
        assert sum(counts.labels.values()) == counts.spans
        for document, row in zip(gold, rows, strict=True):
            _, user, assistant = (turn["content"] for turn in row["messages"])
            assert user == guarded(document.text)
            assert target.parse(document.text, assistant).spans == document.spans
        ids.update(each.id for each in gold)
    assert set(ids.values()) == {1}


def test_a_plain_conversion_changes_nothing(tmp_path: Path) -> None:
    done = converted(corpus(), tmp_path / "o")
    check(tmp_path / "o", done)
    assert done.manifest.balance is None
    assert done.manifest.dropped == {}


def test_negatives_are_thinned_in_train_only(tmp_path: Path) -> None:
    plain = converted(corpus(), tmp_path / "a")
    done = converted(corpus(), tmp_path / "b", negatives=0.25)
    check(tmp_path / "b", done)
    before, after = plain.manifest.splits["train"], done.manifest.splits["train"]
    assert after.without_entities == round(before.without_entities / 4)
    assert after.spans == before.spans
    assert done.manifest.balance == Balance(
        negatives=Change(before.without_entities, after.without_entities),
        labels={name: Change(count, count) for name, count in sorted(before.labels.items())},
        copies={},
    )
    for split in ("dev", "test"):
        assert side(tmp_path / "a", split) == side(tmp_path / "b", split)


def test_rare_labels_are_repeated_in_train_only(tmp_path: Path) -> None:
    plain = converted(corpus(), tmp_path / "a")
    done = converted(corpus(), tmp_path / "b", oversample="auto")
    check(tmp_path / "b", done)
    assert done.manifest.balance is not None
    rare = done.manifest.balance.labels["PASSPORT"]
    assert rare.before == plain.manifest.splits["train"].labels["PASSPORT"]
    assert rare.after > 2 * rare.before
    train = {each.id: each for each in side(tmp_path / "b", "train")}
    copies = [each for each in train.values() if "copy_of" in each.meta]
    assert len(copies) == done.manifest.balance.copies["repeated"] > 0
    for copy in copies:
        original = train[copy.meta["copy_of"]]
        assert (copy.text, copy.spans) == (original.text, original.spans)
    for split in ("dev", "test"):
        assert side(tmp_path / "a", split) == side(tmp_path / "b", split)


def test_swapped_copies_come_from_train_and_go_to_train(tmp_path: Path) -> None:
    done = converted(corpus(), tmp_path / "o", augment="swap=0.5,case=0.2")
    check(tmp_path / "o", done)
    train = side(tmp_path / "o", "train")
    known = {
        document.surface(span)
        for document in train
        for span in document.spans
        if "copy_of" not in document.meta
    }
    swapped = [each for each in train if each.meta.get("augmented") == "swap"]
    assert done.manifest.balance is not None
    assert done.manifest.balance.copies["swap"] == len(swapped) > 20
    assert all(copy.surface(span) in known for copy in swapped for span in copy.spans)
    assert all(copy.spans for copy in swapped)
    assert any(each.meta.get("augmented") == "case" for each in train)


def test_a_copy_never_becomes_a_document_of_another_side(tmp_path: Path) -> None:
    """Every name with every sentence: whatever is swapped is a document already."""
    documents = [
        annotated(f"d{a}{b}", f"{first} is {verb}.", (first, "PERSON"))
        for a, first in enumerate(FIRST)
        for b, verb in enumerate(("here", "gone", "late", "ill"))
    ]
    done = converted(documents, tmp_path / "o", augment="swap=1")
    check(tmp_path / "o", done)
    assert done.manifest.balance is not None
    assert done.manifest.balance.copies == {}


def test_copies_of_renamed_documents_point_to_their_new_names(tmp_path: Path) -> None:
    documents = [each.replaced(id="same") for each in corpus(60)]
    done = converted(documents, tmp_path / "o", oversample="auto", augment="swap=0.5")
    check(tmp_path / "o", done)
    assert done.renamed == 59
    train = {each.id: each for each in side(tmp_path / "o", "train")}
    copies = [each for each in train.values() if "copy_of" in each.meta]
    assert copies
    for copy in copies:
        original = train[copy.meta["copy_of"]]
        if "augmented" not in copy.meta:
            assert original.text == copy.text


@pytest.mark.parametrize(
    "options",
    [
        {"negatives": 0.5},
        {"oversample": "auto"},
        {"augment": "swap=0.1"},
    ],
)
def test_balance_needs_a_training_split(options: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is none"):
        converted(corpus(20), tmp_path / "o", split="test=1", **options)


def babble(seed: int, words: int = 60) -> str:
    """Words that no other seed gives."""
    draw = random.Random(seed)
    return " ".join("".join(draw.choices("abcdefghijklmnop", k=6)) for _ in range(words))


def test_kept_splits_without_training_can_not_be_balanced(tmp_path: Path) -> None:
    write_documents(tmp_path / "test.jsonl", corpus(20))
    with pytest.raises(UsageError, match="there is none"):
        convert([tmp_path / "test.jsonl"], out=tmp_path / "o", split="keep", negatives=0.5)


LETTER = (
    "Dear {name}, your parcel from the shop in the old town has left our depot, and it will reach "
    "you on Friday between nine and eleven. Please be at home, or name a neighbour who is. {tail}"
)


def letters() -> list[Document]:
    """Twenty families of letters that differ within a family by a word."""
    documents = []
    for family in range(20):
        tail = babble(family)
        for member in range(3):
            name = f"{FIRST[member]} {LAST[family % 8]}"
            text = LETTER.format(name=name, tail=tail)
            documents.append(annotated(f"{family}-{member}", text, (name, "PERSON")))
    return documents


def test_near_duplicates_are_left_out(tmp_path: Path) -> None:
    done = converted(letters(), tmp_path / "o", deduplicate="near")
    check(tmp_path / "o", done)
    assert done.manifest.dropped == {"nearly the same text": 40}
    kept = {each.id for split in done.manifest.splits for each in side(tmp_path / "o", split)}
    assert kept == {f"{family}-0" for family in range(20)}


def test_exact_leaves_near_duplicates_alone(tmp_path: Path) -> None:
    done = converted(letters(), tmp_path / "o")
    assert done.manifest.dropped == {}


def test_duplicates_with_other_spans_are_told_apart(tmp_path: Path) -> None:
    documents = [
        annotated("a", "Ann came", ("Ann", "PERSON")),
        annotated("b", "Ann came", ("Ann", "PERSON")),
        annotated("c", "Ann came"),
    ]
    done = converted(documents, tmp_path / "o", split="off")
    assert done.manifest.dropped == {
        "duplicate text": 1,
        "duplicate text with another annotation": 1,
    }


def test_kept_splits_and_kept_duplicates_are_reported(tmp_path: Path) -> None:
    for name in ("train", "test"):
        write_documents(
            tmp_path / "in" / f"{name}.jsonl", [annotated("a", "x"), annotated("b", name)]
        )
    kept = convert([tmp_path / "in"], out=tmp_path / "a", split="keep", deduplicate="off")
    assert kept.torn == 1
    done = convert([tmp_path / "in"], out=tmp_path / "b", split="keep")
    assert (done.torn, done.manifest.dropped) == (0, {"duplicate text": 1})


def test_meta_split_decides_over_the_file_name(tmp_path: Path) -> None:
    write_documents(
        tmp_path / "train.jsonl",
        [annotated("a", "x"), annotated("b", "y", split="test"), annotated("c", "z", split="odd")],
    )
    convert([tmp_path / "train.jsonl"], out=tmp_path / "o", split="keep")
    assert [each.id for each in side(tmp_path / "o", "train")] == ["a", "c"]
    assert [each.id for each in side(tmp_path / "o", "test")] == ["b"]


def long_documents() -> list[Document]:
    documents = []
    for number in range(30):
        sentences = [f"{FIRST[n % 10]} Nr{number}x{n} met nobody there. " for n in range(12)]
        marked = [(f"{FIRST[n % 10]} Nr{number}x{n} ", "PERSON") for n in range(0, 12, 3)]
        spans = [(surface.strip(), label) for surface, label in marked]
        documents.append(annotated(f"d{number}", "".join(sentences), *spans))
    return documents


def test_windows_of_a_document_stay_together_and_merge_to_it(tmp_path: Path) -> None:
    documents = long_documents()
    done = converted(documents, tmp_path / "o", max_chars=120, window_overlap=40)
    check(tmp_path / "o", done)
    windows: dict[str, list[Document]] = {}
    sides: dict[str, set[str]] = {}
    for split in done.manifest.splits:
        for window in side(tmp_path / "o", split):
            assert len(window.text) <= 120
            name = window.meta["window"]["document"]
            windows.setdefault(name, []).append(window)
            sides.setdefault(name, set()).add(split)
    assert {len(each) for each in sides.values()} == {1}
    for document in documents:
        assert merge(document, windows[document.id]) == document.spans


def test_windows_by_tokens(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    from tests.test_tokens import word_tokenizer

    done = converted(
        long_documents(),
        tmp_path / "o",
        max_tokens=15,
        tokenizer=word_tokenizer(tmp_path),
        window_overlap=0,
    )
    check(tmp_path / "o", done)
    texts = [each.text for split in done.manifest.splits for each in side(tmp_path / "o", split)]
    assert max(len(text.split()) for text in texts) == 15


def test_documents_that_share_a_window_stay_together(tmp_path: Path) -> None:
    boilerplate = "This page is the same in all of these letters.\n"
    documents = [
        Document(f"d{number}", f"Letter number {number * 7919} to somebody.\n" + boilerplate)
        for number in range(20)
    ] + [Document(f"e{number}", f"Other letter {number * 7907}.\n" * 3) for number in range(30)]
    done = converted(documents, tmp_path / "o", max_chars=50, split="train=0.5,test=0.5")
    check(tmp_path / "o", done)
    with_it = {
        split
        for split in done.manifest.splits
        for each in side(tmp_path / "o", split)
        if each.text == boilerplate
    }
    assert len(with_it) == 1


def test_windows_of_an_earlier_conversion_stay_together(tmp_path: Path) -> None:
    converted(long_documents(), tmp_path / "a", max_chars=120, writers=["documents"])
    done = convert([tmp_path / "a/documents.jsonl"], out=tmp_path / "b")
    sides: dict[str, set[str]] = {}
    for split in done.manifest.splits:
        for window in side(tmp_path / "b", split):
            sides.setdefault(window.meta["window"]["document"], set()).add(split)
    assert {len(each) for each in sides.values()} == {1}


def test_near_duplicate_windows_are_kept_on_one_side(tmp_path: Path) -> None:
    documents = []
    for number in range(12):
        name = f"{FIRST[number % 2]} {LAST[number // 2]}"
        page = LETTER.format(name=name, tail=babble(number // 2)) + "\n"
        documents.append(Document(f"d{number}", f"{babble(100 + number, 99)}\n{page}"))
    done = converted(
        documents,
        tmp_path / "o",
        deduplicate="near",
        max_chars=700,
        window_overlap=0,
        split="train=0.5,test=0.5",
    )
    check(tmp_path / "o", done)
    assert done.manifest.dropped == {}
    sides: dict[int, set[str]] = {}
    for split in done.manifest.splits:
        for window in side(tmp_path / "o", split):
            number = int(window.meta["window"]["document"].removeprefix("d"))
            sides.setdefault(number // 2, set()).add(split)
    assert {len(each) for each in sides.values()} == {1}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"max_chars": 10, "max_tokens": 10}, "not both"),
        ({"max_tokens": 10}, "go together"),
        ({"tokenizer": Path("x")}, "go together"),
        ({"window_overlap": 5}, "needs --max-tokens"),
        ({"max_chars": 0}, "can't be"),
        ({"max_chars": 10, "window_overlap": 10}, "can't be"),
        ({"max_tokens": 10, "tokenizer": Path("nowhere")}, "tokenizer.json"),
        ({"workers": 0}, "--workers"),
        ({"engine": "steam"}, "no engine"),
        ({"oversample": "2"}, "--oversample"),
        ({"negatives": 2.0}, "--negatives"),
        ({"augment": "x"}, "--augment"),
        ({"split": "train=2"}, "--split|split"),
    ],
)
def test_options_that_can_not_be_stop_before_anything_is_read(
    options: dict[str, object], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=reason):
        convert([tmp_path / "nowhere.jsonl"], out=tmp_path / "o", **options)  # type: ignore[arg-type]
