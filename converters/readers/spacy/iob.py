"""Tagged words, one sentence a line, as for `spacy convert`: `When|WRB|O Sebastian|NNP|B-PER`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.converters.tokens.detokenize import REBUILT, TextMaker, covered
from pii_sft.converters.tokens.tag_schemes import TagDecoder, looks_tagged
from pii_sft.errors import RecordError
from pii_sft.files import read_lines
from pii_sft.spans import Document, checked

_BAR = "|"
_MOST_LINES = 20


def is_sentence_a_line(text: str) -> bool:
    """True if the first line of a file is words with tags, and not every line is a single one."""
    lines = [words for line in text.split("\n", _MOST_LINES) if (words := line.split())]
    if len(lines) > 1 and all(len(words) == 1 for words in lines):
        return False
    parts = [word.rpartition(_BAR) for word in (lines[0] if lines else [])]
    return bool(parts) and all(surface and looks_tagged(tag) for surface, _, tag in parts)


def read_sentences(path: Path) -> Iterator[ReadResult]:
    """A document for each line; its text is rebuilt, since the space between words is lost."""
    decoder, texts = TagDecoder(), TextMaker("auto", characters=False)
    for number, line in read_lines(path):
        id = f"{path.stem}-{number}"
        try:
            yield _document(line, id, decoder, texts)
        except RecordError as error:
            yield rejected(error, path, number, line, id)
    yield Note(decoder.report())
    yield from map(Note, texts.notes())


def _document(line: bytes, id: str, decoder: TagDecoder, texts: TextMaker) -> Document:
    try:
        words = line.decode().split()
    except UnicodeDecodeError:
        raise RecordError("broken line", "is not UTF-8") from None
    surfaces, tags = [], []
    for at, word in enumerate(words, 1):
        rest, bar, tag = word.rpartition(_BAR)
        surface = rest.rpartition(_BAR)[0] or rest
        if not bar or not surface:
            raise RecordError("broken line", f"word {at} has no tag")
        surfaces.append(surface)
        tags.append(tag)
    entities = decoder.spans(tags)
    text, places = texts.make(surfaces)
    return checked(id, text, covered(entities, places), {"text": REBUILT})
