"""Training data of Rasa NLU, as YAML and as Markdown: its examples, and nothing else of it.

`[Rome](city)`, `[home](city:Rome)` and `[Rome]{"entity": "city", "role": "to"}` mark an entity; a
value, a role and a group say more about it, and are not read. Synonyms, lookup tables and regular
expressions are no examples.

Format: https://rasa.com/docs/rasa/training-data-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import open_binary
from pii_sft.spans import Document, Span, checked

_YAML = re.compile(r"^nlu:[ \t]*(?:#.*)?$", re.MULTILINE)
_HEADING = re.compile(r"##\s*(intent|synonym|regex|lookup)\s*:", re.IGNORECASE)
_ITEM = re.compile(r"\s*[-*+]\s+(.*)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(
    r"\[(?P<surface>[^\[\]]+)\](?:\((?P<label>[^():]+)(?::[^()]*)?\)|(?P<object>\{[^{}]*\})"
    r"|(?P<objects>\[\s*\{[^\[\]]*\}\s*\]))"
)
_OPENED = re.compile(r"\](?:\(|\{|\[\s*\{)")


def is_rasa(text: str) -> bool:
    """True for the training data of Rasa NLU, by its first lines."""
    if _YAML.search(text):
        return "intent:" in text and "examples:" in text
    return any(_HEADING.match(line) for line in text.split("\n"))


def read_rasa(path: Path) -> Iterator[ReadResult]:
    """A document for each example.

    Raises:
        InputError: the file can't be read, or has no example.
    """
    with open_binary(path) as stream:
        try:
            content = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _unreadable(path, "is not UTF-8") from None
    examples = _in_yaml(content, path) if _YAML.search(content) else _in_markdown(content)
    number = spans = 0
    for number, (line, example) in enumerate(examples, 1):
        id = f"{path.stem}-{number}"
        try:
            document = _document(id, example)
        except RecordError as error:
            yield rejected(error, path, line, example.encode(errors="surrogatepass"), id)
            continue
        spans += len(document.spans)
        yield document
    if not number:
        raise _unreadable(path, "has no examples of an intent")
    yield Note(f"{number} examples of Rasa NLU ({spans} spans); all else in the file was left out")


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError([Problem("unreadable file", str(path), 0, None, reason)])


def _in_yaml(content: str, path: Path) -> Iterator[tuple[int, str]]:
    try:
        loaded = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _unreadable(path, "is no YAML that can be read") from None
    items = loaded.get("nlu") if isinstance(loaded, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and "intent" in item:
            yield from ((0, text) for text in _examples(item.get("examples"), path))


def _examples(given: Any, path: Path) -> Iterator[str]:
    match given:
        case str():
            for line in given.split("\n"):
                item = _ITEM.fullmatch(line)
                if item is not None:
                    yield item[1]
                elif line.strip() and not line.lstrip().startswith("#"):
                    raise _unreadable(path, "has an example that does not begin with a hyphen")
        case list():
            for each in given:
                text = each.get("text") if isinstance(each, dict) else each
                if not isinstance(text, str):
                    raise _unreadable(path, "has an example without a text")
                yield from (line for line in [text.strip()] if line)
        case None:
            return
        case _:
            raise _unreadable(path, "has examples that are neither a text nor a list")


def _in_markdown(content: str) -> Iterator[tuple[int, str]]:
    kind = ""
    blank = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), content)
    for number, line in enumerate(blank.split("\n"), 1):
        heading = _HEADING.match(line)
        if heading is not None or line.startswith("#"):
            kind = heading[1].lower() if heading is not None else ""
            continue
        item = _ITEM.fullmatch(line.rstrip("\r"))
        if item is not None and kind == "intent":
            yield number, item[1].strip()


def _document(id: str, example: str) -> Document:
    parts: list[str] = []
    spans: list[Span] = []
    at = length = 0
    found = list(_ENTITY.finditer(example))
    for match in found:
        before, surface = example[at : match.start()], match["surface"]
        start = length + len(before)
        length = start + len(surface)
        spans += [Span(start, length, label) for label in _labels(match)]
        parts += [before, surface]
        at = match.end()
    if len(found) != sum(1 for _ in _OPENED.finditer(example)):
        raise RecordError("markup", "an entity is opened and not closed, or holds another")
    text = "".join((*parts, example[at:]))
    if not text.strip():
        raise RecordError("no text", "the example is empty")
    return checked(id, text, spans, {})


def _labels(match: re.Match[str]) -> list[str]:
    if match["label"] is not None:
        return [match["label"].strip()]
    try:
        given = msgspec.json.decode(match["object"] or match["objects"])
    except msgspec.DecodeError:
        raise RecordError("markup", "what is said of an entity is no JSON") from None
    labels = [each.get("entity") for each in (given if isinstance(given, list) else [given])]
    if not all(isinstance(label, str) and label for label in labels):
        raise RecordError("no label", "an entity has no `entity`")
    return list(dict.fromkeys(labels))
