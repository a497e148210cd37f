"""Answers written as small models write them, with what has to be found in every part of them.

An answer is written token by token, and for each entity it is known how many characters have to be
there until it is complete. That follows from how it is written, not from how it is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import accumulate

from pii_sft.spans import Document, Span


@dataclass(frozen=True)
class Written:
    """An answer.

    Attributes:
        text: the answer.
        complete: for each entity, its span and how many characters make it complete.
        clean: whether it is in the format of the target.
        begins: how many characters come before the first that belongs to the list.
        ends: how many characters make the list complete; None where nothing tells.
    """

    text: str
    complete: tuple[tuple[Span, int], ...]
    clean: bool = False
    begins: int = 0
    ends: int | None = None

    def spans(self, cut: int | None = None) -> list[Span]:
        """What has to be found in the first `cut` characters."""
        size = len(self.text) if cut is None else cut
        return sorted({span for span, end in self.complete if end <= size}, key=order)

    def moved(self, before: str = "", after: str = "", **changes: object) -> Written:
        """The answer with something around it."""
        shift = len(before)
        return replace(
            self,
            text=before + self.text + after,
            complete=tuple((span, end + shift) for span, end in self.complete),
            begins=self.begins + shift,
            ends=None if self.ends is None else self.ends + shift,
            **changes,
        )


def order(span: Span) -> tuple[int, int, str]:
    return (span.start, -span.end, span.label)


@dataclass(frozen=True)
class Notation:
    """How the tokens of a list are spelled."""

    name: str
    list_open: str = "["
    list_close: str = "]"
    object_open: str = "{"
    object_close: str = "}"
    comma: str = ","
    last_comma: str = ""
    colon: str = ":"
    quote_open: str = '"'
    quote_close: str = '"'
    null: str = "null"
    item_open: str = ""
    item_close: str = ""
    strict: bool = False
    bare: bool = False

    def string(self, text: str) -> str:
        """A string, escaped as the quotes demand."""
        if self.bare:
            return text
        escaped = json.dumps(text, ensure_ascii=False)[1:-1]
        if self.quote_open != '"':
            escaped = escaped.replace('\\"', '"').replace("'", "\\'")
        return f"{self.quote_open}{escaped}{self.quote_close}"


STRICT = Notation("strict", strict=True)
NOTATIONS = [
    STRICT,
    Notation("spaced", comma=", ", colon=": ", strict=True),
    Notation("pretty", comma=",\n    ", colon=": ", strict=True),
    Notation("single quotes", quote_open="'", quote_close="'", comma=", ", null="None"),
    Notation("python tuples", item_open="(", item_close=")", comma=", ", null="None"),
    Notation("trailing commas", last_comma=","),
    Notation("no commas", comma=" "),
    Notation("semicolons", comma=";"),
    Notation("no quotes", comma=", ", colon=": ", bare=True),
    Notation("curly quotes", quote_open="“", quote_close="”"),
    Notation("only one kind of curly quotes", quote_open="”", quote_close="”"),
    Notation(
        "full width",
        *("［", "］", "｛", "｝"),
        comma="，",
        colon="：",
        quote_open="＂",
        quote_close="＂",
    ),
    Notation("chinese", comma="，", colon="：", quote_open="“", quote_close="”"),
    Notation("corner brackets", "【", "】", quote_open="「", quote_close="」", comma="、"),
    Notation("back ticks", quote_open="`", quote_close="`"),
    Notation("escaped line breaks", comma=",\\n  "),
]


@dataclass
class Pen:
    """Writes an answer and notes when each entity is complete."""

    notation: Notation
    text: str = ""
    complete: list[tuple[Span, int]] = field(default_factory=list)
    waiting: list[Span] = field(default_factory=list)

    def put(self, token: str) -> None:
        """Write a token; its first sign of life completes the strings that waited for it."""
        if token:
            ink = len(token) - len(token.lstrip())
            if token.strip() and not token.lstrip().startswith("\\n"):
                self.settle(len(self.text) + ink + 1)
            self.text += token

    def settle(self, at: int) -> None:
        self.complete += [(span, at) for span in self.waiting]
        self.waiting = []

    def done(self, span: Span) -> None:
        """The entity is complete, whatever follows."""
        self.complete.append((span, len(self.text)))

    def pending(self, span: Span) -> None:
        """The entity is complete when something follows its string."""
        self.waiting.append(span)

    def sequence(self, writers: list[Callable[[], None]], *, brackets: str = "list") -> None:
        """Values between brackets."""
        notation = self.notation
        self.put(getattr(notation, f"{brackets}_open") or notation.list_open)
        for index, write in enumerate(writers):
            if index:
                self.put(notation.comma)
            write()
        if writers:
            self.put(notation.last_comma)
        self.put(getattr(notation, f"{brackets}_close") or notation.list_close)

    def pair(self, key: str, write: Callable[[], None]) -> None:
        """A key and its value."""
        self.put(self.notation.string(key))
        self.put(self.notation.colon)
        write()

    def written(self, *, clean: bool = False, framed: bool = True) -> Written:
        assert not self.waiting
        ends = len(self.text) if framed else None
        return Written(self.text, tuple(self.complete), clean, ends=ends)


Shape = Callable[[Document, Notation], Written]


def _item(pen: Pen, document: Document, span: Span) -> None:
    """`["PERSON","Ann Lee"]`."""
    words = [span.label, document.surface(span)]
    writers = [lambda word=word: pen.put(pen.notation.string(word)) for word in words]
    pen.sequence(writers, brackets="item")
    pen.done(span)


def _object(pen: Pen, document: Document, span: Span, keys: tuple[str, str], *more: str) -> None:
    """`{"label":"PERSON","text":"Ann Lee"}`."""
    values = dict(zip(keys, (span.label, document.surface(span)), strict=True))
    entries = [
        lambda key=key, value=value: pen.pair(key, lambda: pen.put(pen.notation.string(value)))
        for key, value in values.items()
    ]
    entries += [lambda key=key: pen.pair(key, lambda: pen.put(pen.notation.null)) for key in more]
    pen.sequence(entries, brackets="object")
    pen.done(span)


def _map(pen: Pen, document: Document) -> None:
    """`{"PERSON":["Ann Lee"],"CITY":["Rome"],"EMAIL":null}`."""
    by_label: dict[str, list[Span]] = {}
    for span in document.spans:
        by_label.setdefault(span.label, []).append(span)

    def strings(spans: list[Span]) -> None:
        def string(span: Span) -> None:
            pen.put(pen.notation.string(document.surface(span)))
            pen.pending(span)

        pen.sequence([lambda span=span: string(span) for span in spans])

    entries = [
        lambda label=label, spans=spans: pen.pair(label, lambda: strings(spans))
        for label, spans in by_label.items()
    ]
    entries.append(lambda: pen.pair("IBAN", lambda: pen.put(pen.notation.null)))
    pen.sequence(entries, brackets="object")


def ours(document: Document, notation: Notation) -> Written:
    """The list of the target."""
    pen = Pen(notation)
    pen.sequence([lambda span=span: _item(pen, document, span) for span in document.spans])
    return pen.written(clean=notation.strict)


def objects(document: Document, notation: Notation) -> Written:
    """A list of objects."""
    pen = Pen(notation)
    keys = ("label", "text")
    pen.sequence([lambda span=span: _object(pen, document, span, keys) for span in document.spans])
    return pen.written()


def objects_string_first(document: Document, notation: Notation) -> Written:
    """A list of objects with other keys, the string first, and some that say nothing."""
    pen = Pen(notation)

    def write(span: Span) -> None:
        words = {"entity": document.surface(span), "entity_type": span.label}
        entries = [
            lambda key=key, value=value: pen.pair(key, lambda: pen.put(notation.string(value)))
            for key, value in words.items()
        ]
        entries.append(lambda: pen.pair("score", lambda: pen.put(notation.null)))
        pen.sequence(entries, brackets="object")
        pen.done(span)

    pen.sequence([lambda span=span: write(span) for span in document.spans])
    return pen.written()


def label_map(document: Document, notation: Notation) -> Written:
    """An object of labels, each with its strings."""
    pen = Pen(notation)
    _map(pen, document)
    return pen.written()


def wrapped(document: Document, notation: Notation) -> Written:
    """The list inside an object."""
    pen = Pen(notation)

    def inner() -> None:
        pen.sequence([lambda span=span: _item(pen, document, span) for span in document.spans])

    pen.sequence([lambda: pen.pair("entities", inner)], brackets="object")
    return pen.written()


def wrapped_twice(document: Document, notation: Notation) -> Written:
    """An object of labels inside two others."""
    pen = Pen(notation)

    def inner() -> None:
        pen.sequence([lambda: pen.pair("entities", lambda: _map(pen, document))], brackets="object")

    pen.sequence([lambda: pen.pair("result", inner)], brackets="object")
    return pen.written()


def repeated_keys(document: Document, notation: Notation) -> Written:
    """An object with a key for every entity, the same again and again."""
    pen = Pen(notation)

    def strings(span: Span) -> None:
        pen.put(notation.string(document.surface(span)))
        pen.pending(span)

    entries = [
        lambda span=span: pen.pair(span.label, lambda: pen.sequence([lambda: strings(span)]))
        for span in document.spans
    ]
    pen.sequence(entries, brackets="object")
    return pen.written()


def object_a_line(document: Document, notation: Notation) -> Written:
    """An object a line, without a list around them."""
    pen = Pen(notation)
    for span in document.spans:
        _object(pen, document, span, ("type", "value"))
        pen.text += "\n"
    return pen.written(framed=False)


def item_a_line(document: Document, notation: Notation) -> Written:
    """An item a line, without a list around them."""
    pen = Pen(notation)
    for span in document.spans:
        _item(pen, document, span)
        pen.text += "\n"
    return pen.written(framed=False)


def list_each(document: Document, notation: Notation) -> Written:
    """A list for every entity, one behind the other."""
    pen = Pen(notation)
    for index, span in enumerate(document.spans):
        pen.text += " " if index else ""
        pen.sequence([lambda span=span: _item(pen, document, span)])
    one = len(document.spans) == 1
    return pen.written(clean=one and notation.strict, framed=one)


SHAPES: list[Shape] = [
    ours,
    objects,
    objects_string_first,
    label_map,
    wrapped,
    wrapped_twice,
    repeated_keys,
    object_a_line,
    item_a_line,
    list_each,
]


@dataclass(frozen=True)
class Dressing:
    """What stands around a list."""

    name: str
    wear: Callable[[Written], Written]


def _encoded(written: Written) -> Written:
    """The answer as a JSON string."""
    sizes = [len(json.dumps(each, ensure_ascii=False)) - 2 for each in written.text]
    starts = [1 + size for size in accumulate(sizes, initial=0)]
    complete = tuple((span, starts[end]) for span, end in written.complete)
    ends = None if written.ends is None else starts[written.ends]
    text = json.dumps(written.text, ensure_ascii=False)
    return replace(written, text=text, complete=complete, clean=False, begins=1, ends=ends)


def _escaped(written: Written) -> Written:
    """The answer with a backslash in front of every quote."""
    encoded = _encoded(written)
    complete = tuple((span, end - 1) for span, end in encoded.complete)
    ends = None if encoded.ends is None else encoded.ends - 1
    return replace(encoded, text=encoded.text[1:-1], complete=complete, begins=0, ends=ends)


ESCAPED = Dressing("escaped quotes", _escaped)
"""Only where quotes are those of JSON."""

NOTHING = Dressing("nothing", lambda written: written)
DRESSINGS = [
    NOTHING,
    Dressing("prose before", lambda each: each.moved("Here are the entities:\n", clean=False)),
    Dressing("prose after", lambda each: each.moved("", "\nI hope this helps!", clean=False)),
    Dressing(
        "prose around",
        lambda each: each.moved(
            "Sure! As asked [see above], in (label, string) form: ", "\n\nThat's all.", clean=False
        ),
    ),
    Dressing("fence", lambda each: each.moved("```json\n", "\n```", clean=False)),
    Dressing("fence left open", lambda each: each.moved("```\n", "", clean=False)),
    Dressing("assignment", lambda each: each.moved("entities = ", clean=False)),
    Dressing(
        "thoughts",
        lambda each: each.moved('<think>\nIs ["PERSON", "x"] right? {No}\n</think>\n\n'),
    ),
    Dressing(
        "thoughts without a beginning", lambda each: each.moved('Maybe [["CITY","x"]].\n</think>\n')
    ),
    Dressing("encoded twice", _encoded),
    ESCAPED,
    Dressing("blank lines", lambda each: each.moved("\n\n  ", "\n\n\n")),
]
