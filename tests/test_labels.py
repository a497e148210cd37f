"""Label files, shipped and the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import RecordError, UsageError
from pii_sft.labels import Label, LabelSet, read_labels, shipped_labels
from pii_sft.spans import Span, checked


def written(path: Path, text: str) -> LabelSet:
    path.write_text(text, "utf-8")
    return read_labels(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.yaml"


def mapped(labels: LabelSet, *names: str) -> list[str]:
    spans = [Span(place, place + 1, name) for place, name in enumerate(names)]
    return [span.label for span in labels.applied(checked("d", "x" * 20, spans)).spans]


def test_spellings_become_labels(file: Path) -> None:
    labels = written(file, "labels: {A: {aliases: [a, 甲]}, B: {}}")
    assert mapped(labels, "a", "甲", "A", "B") == ["A", "A", "A", "B"]


def test_spans_that_become_the_same_are_one(file: Path) -> None:
    labels = written(file, "labels: {A: {aliases: [a]}}")
    assert len(labels.applied(checked("d", "xy", [Span(0, 1, "a"), Span(0, 1, "A")])).spans) == 1


@pytest.mark.parametrize(("others", "left"), [("drop", ["A"]), ("keep", ["A", "X"])])
def test_other_labels(others: str, left: list[str], file: Path) -> None:
    assert mapped(written(file, f"labels: {{A: {{}}}}\nothers: {others}"), "A", "X") == left


def test_other_labels_are_an_error_by_default(file: Path) -> None:
    with pytest.raises(RecordError, match="lacks 'X'"):
        mapped(written(file, "labels: {A: {}}"), "X")


def test_labels_are_listed_in_the_order_of_the_file(file: Path) -> None:
    text = "labels: {B: {description: bee}, A: {}, C: {}}\nothers: keep\n"
    assert written(file, text).described({"Y", "X", "A"}) == [
        Label("B", "bee"),
        *(Label(name) for name in "ACXY"),
    ]
    assert written(file, text + "listed: present").described({"Y", "X", "A", "B"}) == [
        Label("B", "bee"),
        *(Label(name) for name in "AXY"),
    ]


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("labels: {A: {}}", True),
        ("labels: {A: {}}\nothers: drop", True),
        ("labels: {A: {}}\nothers: keep", False),
        ("labels: {A: {}}\nlisted: present", False),
    ],
)
def test_whether_labels_are_known_beforehand(text: str, closed: bool, file: Path) -> None:
    assert written(file, text).closed is closed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("labels: {A: {aliases: [x]}, B: {aliases: [x]}}", "x stands for both A and B"),
        ("labels: {A: {aliases: [B]}, B: {}}", "B stands for both B and A"),
        ("labels: {A: {alias: [x]}}", "unknown field"),
        ("labels: [A]", "Expected `object`"),
        ("labels: {A: {}}\nothers: ignore", "others"),
        ("a: [", "not valid YAML"),
        ("[" * 20_000, "nested too deeply"),
        ('labels: {"A\\ud800": {}}', "half of a surrogate pair"),
        ('labels: {A: {aliases: ["\\ud800"]}}', "half of a surrogate pair"),
    ],
)
def test_files_that_can_not_be(text: str, reason: str, file: Path) -> None:
    with pytest.raises(UsageError, match=reason):
        written(file, text)


def test_a_name_that_is_no_file_names_those_shipped() -> None:
    with pytest.raises(UsageError, match="core, en, zh"):
        read_labels("klingon")


def test_a_folder_is_no_label_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_labels(tmp_path)


@pytest.mark.parametrize("name", shipped_labels())
def test_shipped_files_describe_every_label(name: str) -> None:
    labels = read_labels(name)
    assert len(labels.labels) >= 10
    assert all(entry.description for entry in labels.labels.values())
    assert mapped(labels, "SOMETHING_ELSE") == ["SOMETHING_ELSE"]


def test_both_languages_describe_the_same_labels() -> None:
    assert list(read_labels("en").labels) == list(read_labels("zh").labels)


@pytest.mark.parametrize(
    ("alias", "label"),
    [("GIVENNAME", "PERSON"), ("EMAIL_ADDRESS", "EMAIL"), ("身份证号", "ID_NUMBER")],
)
def test_common_spellings_are_known(alias: str, label: str) -> None:
    assert mapped(read_labels("core"), alias) == [label]
