"""The protocols of a writer, and of one that writes a line a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, ClassVar, Protocol, runtime_checkable

import msgspec

from pii_sft.files import Staging, encode
from pii_sft.prompt import Message, Prompt, guarded
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document, HoldsText


class Row(HoldsText, msgspec.Struct, frozen=True, gc=False):
    """One example on its way to a trainer.

    Attributes:
        split: `train`, `dev`, `test`, or empty where the data set is not split.
        document: the annotated document.
        prompt: the turns the model reads.
        answer: what it has to write.
    """

    split: str
    document: Document
    prompt: list[Message]
    answer: str


class Writer(Protocol):
    """Writes one trainer's data set format."""

    @property
    def name(self) -> str:
        """By which it is chosen; several writers write into folders of their names."""

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """Write the rows, in order, into `directory`.

        Args:
            rows: the examples; the manifest's counts are complete once they are exhausted.
            directory: folder of the data set.
            manifest: what the data set is.
            staging: through which every file is opened, so that all appear together.
        """


class LineFiles(msgspec.Struct, frozen=True):
    """The open files of a split.

    Attributes:
        rows: takes what `LineWriter.line` makes of each row.
        gold: takes the documents, one a line; None where the data set has no gold beside its rows.
    """

    rows: IO[bytes]
    gold: IO[bytes] | None = None


@runtime_checkable
class LineWriter(Writer, Protocol):
    """A writer of one line a row, which can be encoded before the split of the row is known."""

    def line(self, row: Row) -> bytes:
        """The row as a line, with its line break; its split is not known yet and empty."""

    def files(self, directory: Path, manifest: Manifest, staging: Staging) -> dict[str, LineFiles]:
        """Open the files of each split of the manifest, and write all others of the data set."""


@runtime_checkable
class TurnsWriter(LineWriter, Protocol):
    """A writer whose lines hold nothing of a row but its turns.

    Attributes:
        turns_alone: True.
    """

    turns_alone: ClassVar[bool]


def turns_encoder(
    writer: TurnsWriter, prompt: Prompt
) -> Callable[[Sequence[str], Sequence[str]], bytes]:
    """A function that gives the lines of texts and their answers, as `line` does.

    All but text and answer is the same in every line, so it is encoded once.
    """
    messages = prompt.messages(_TEXT)
    line = writer.line(Row("", Document("", _TEXT), messages, _ANSWER))
    before, text, rest = line.partition(_TEXT.encode())
    between, answer, after = rest.partition(_ANSWER.encode())
    if not (text and answer):
        raise ValueError(f"{writer.name} does not write the text before the answer")

    def lines(texts: Sequence[str], answers: Sequence[str]) -> bytes:
        written = [b""] * (5 * len(texts))
        safe = [guarded(text) if "<" in text or "{{" in text else text for text in texts]
        written[::5] = [before] * len(texts)
        written[1::5] = _quoted(safe)
        written[2::5] = [between] * len(texts)
        written[3::5] = _quoted(answers)
        written[4::5] = [after] * len(texts)
        return b"".join(written)

    return lines


def _quoted(texts: Sequence[str]) -> list[bytes]:
    """Texts as they stand between the quotes of JSON."""
    return [line[1:-1] for line in _encode_lines(texts).split(b"\n")[: len(texts)]]


_encode_lines = msgspec.json.Encoder().encode_lines
_TEXT, _ANSWER = "4c1ea1a6-text", "4c1ea1a6-answer"


def write_lines(
    writer: LineWriter,
    rows: Iterable[Row],
    directory: Path,
    manifest: Manifest,
    staging: Staging,
) -> None:
    """`Writer.write` for a writer of lines."""
    files = writer.files(directory, manifest, staging)
    for row in rows:
        into = files[row.split]
        into.rows.write(writer.line(row))
        if into.gold is not None:
            into.gold.write(encode(row.document) + b"\n")
