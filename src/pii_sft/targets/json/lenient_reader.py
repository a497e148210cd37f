"""A lenient reader of damaged JSON, linear in the length of the answer.

Strict JSON is read strictly. Deviations (other quotes and brackets, missing or surplus separators,
bare words, prose, a missing end) are read as what they most likely mean, and noted.
"""

from __future__ import annotations

import re

import msgspec

from pii_sft.targets.json.nested_json import Layer, is_escaped, unescaped
from pii_sft.targets.json.quoted_strings import (
    OPENING_QUOTES,
    QuotedString,
    closes_string,
    content_of,
    read_quoted,
)
from pii_sft.targets.json.values import Container, Kind, Scalar, Values, kind_of_word
from pii_sft.targets.reasoning import THOUGHT_MARKER

DEEPEST = 64
"""Deepest nesting of brackets that is read."""


def read_values(output: str, text: str = "") -> Values:
    """Read every list and object of an answer, whatever stands around them.

    Values that may be cut off by the end of the answer are left out: a string that is ended neither
    by a quote nor by the brackets of all lists, and a string or word that nothing follows.
    Containers without an end are marked.

    Args:
        output: the answer.
        text: the text that it is about; brackets that it holds may belong to a string.
    """
    return _Reader(Layer(output), text).read()


_OPENING = frozenset("[{［｛【(（")
_BRACKETS = {"[": "]", "{": "}", "［": "]", "｛": "}", "【": "]", "(": ")", "（": ")"}
_CLOSING = {"]": "]", "}": "}", "］": "]", "｝": "}", "】": "]", ")": ")", "）": ")"}
_PARENTHESES = frozenset("(（")
_COMMAS = frozenset(",，、;；")
_COLONS = frozenset(":：=")

_COMMENT = r"//[^\n]*+|/\*[^*]*+\*/|\#[^\n\"]*+\n"
_BLANK = re.compile(rf"(?:[\s\u200b\u2060\ufeff]|\\[nrt]|{_COMMENT})*+")
_GOES_ON = re.compile(
    r"""[\s,，;；]*+["'“”‘’]?[^"'“”‘’\[\]{}:：,，\n]{1,80}+["'“”‘’]?\s*+[:：]\s*+(?=["'“‘\[{])"""
)
"""A key after the end of an object, which was closed too early."""

_STRICT_BLANK = re.compile(r"[ \t\n\r]*+")
_SEPARATORS = re.compile(r"(?:\s|\\[nrt]|[,，、;；])*+")
_CANDIDATE = re.compile(rf"{THOUGHT_MARKER.pattern}|[\[{{［｛【(（]", re.IGNORECASE)
_PROMISING = re.compile(r"(?:\s|\\[nrt])*+(?:\\?[\"'“”„‘’`＂「『]|[\[{［｛【(（\]}］｝】]|\Z)")
_STRICT_LITERAL = re.compile(
    r"null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
)
_WORDS = (
    r"(?:[^\s,，、;；\[\]{{}}［］｛｝【】\"“”＂\\<{without}]++"
    r"|\\(?![nrt\"'])|<(?!/?(?:think|thinking|thought|reasoning)>){colon}"
    r"|[^\S\n]++(?![\s\"'“‘＂\\<{without}]))*+"
)
_COLON_INSIDE = r"|[:=](?![\s\"'“‘\[{])"


_LONGEST_NAME = 64
_CALLED = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*+\Z")
_ARGUMENTS = re.compile(r"\(\s*+[A-Za-z_]\w{0,40}+\s*+=\s*+[\"'\[\w<-]")
_CALL = re.compile(
    rf"[A-Za-z_][\w.]{{0,{_LONGEST_NAME}}}+(?:(?={_ARGUMENTS.pattern})"
    r"|(?=\(\s*+([\"'])[^\"'\n]{1,200}+\1\s*+,\s*+[\"']))"
)
"""The name in front of an object as Python shows it: `Entity(label='PERSON', text='Ann')`."""


def _words(*, key: bool, in_parentheses: bool) -> re.Pattern[str]:
    """Words without quotes; a colon may stand inside them, but not in a key."""
    without = ":：=" + (")）" if in_parentheses else "")
    return re.compile(_WORDS.format(without=without, colon="" if key else _COLON_INSIDE))


_BARE = {
    (key, in_parentheses): _words(key=key, in_parentheses=in_parentheses)
    for key in (True, False)
    for in_parentheses in (True, False)
}


class _Frame(msgspec.Struct, eq=False):
    """A container that is being read.

    Attributes:
        container: what was read of it so far.
        closing: the bracket that ends it, in ASCII.
        key: the key whose value comes next.
        named: whether it holds keys and values, as an object does.
        fresh: whether a value was the last thing in it.
        comma: whether a comma was the last thing in it.
    """

    container: Container
    closing: str
    named: bool = False
    key: Scalar | None = None
    fresh: bool = False
    comma: bool = False


class _Reader:
    """One pass over a layer of an answer."""

    def __init__(self, layer: Layer, text: str) -> None:
        self._layer = layer
        self._text = text
        self._output = layer.text
        self._values = Values()
        self._stack: list[_Frame] = []
        self._parentheses = 0
        self._scalar_last = False

    def read(self) -> Values:
        """Read from value to value, past prose and thoughts."""
        output, values = self._output, self._values
        at = _behind_thoughts(output)
        while True:
            candidate = _CANDIDATE.search(output, at)
            start = len(output) if candidate is None else candidate.start()
            goes_on = _SEPARATORS.fullmatch(output, at, start) is not None
            values.strict &= goes_on
            if candidate is None:
                return values
            at = candidate.end()
            if output[start] == "<":
                at = self._skip_thought(candidate)
            elif is_escaped(self._layer, start):
                at = self._read_escaped(start)
            elif self._may_be_value(start, follows_value=goes_on and bool(values.found)):
                at = self._read_value(start)
                while self._was_closed_early(at):
                    at = self._read_on(at)
            else:
                values.strict = False

    def _may_be_value(self, start: int, *, follows_value: bool) -> bool:
        """True if a bracket is one of JSON rather than of prose."""
        promising = _PROMISING.match(self._output, start + 1) is not None
        if _ARGUMENTS.match(self._output, start) and _CALLED.search(
            self._output, max(0, start - _LONGEST_NAME), start
        ):
            return True
        begins = follows_value or _begins(self._output, start)
        if self._output[start] in _PARENTHESES:
            return promising and begins
        return promising or begins

    def _skip_thought(self, marker: re.Match[str]) -> int:
        """Go to the end of a block; one that was opened before the answer hides all so far."""
        if marker["closing"]:
            self._forget()
            return marker.end()
        for other in THOUGHT_MARKER.finditer(self._output, marker.end()):
            if other["closing"]:
                return other.end()
        self._values.thinking = True
        return len(self._output)

    def _forget(self) -> None:
        values = self._values
        values.found, values.strict, values.cut = [], True, False
        self._stack.clear()
        self._parentheses = 0

    def _read_escaped(self, start: int) -> int:
        layer, end = unescaped(self._layer, start)
        inner = _Reader(layer, self._text).read()
        self._values.found += inner.found
        self._values.cut |= inner.cut
        self._values.strict = False
        return end

    def _read_value(self, start: int) -> int:
        """Read the container whose bracket stands at `start`; return where to go on."""
        if self._values.found:
            self._values.strict = False
        self._open(start)
        return self._read_to_end(start + 1)

    def _was_closed_early(self, at: int) -> bool:
        """True if a key of the last object stands behind its end."""
        found = self._values.found
        if not found or self._values.cut or not found[-1].closed:
            return False
        is_object = any(key is not None for key, _ in found[-1].entries)
        return is_object and _GOES_ON.match(self._output, at) is not None

    def _read_on(self, at: int) -> int:
        """Take back the end of the last object."""
        self._values.strict = False
        container = self._values.found[-1]
        container.closed = False
        self._stack.append(_Frame(container, "}", named=True))
        return self._read_to_end(at)

    def _read_to_end(self, at: int) -> int:
        """Read until every container that is open has its end; return where to go on."""
        values, output, length = self._values, self._output, len(self._output)
        while self._stack:
            begin = at
            at = _end(_BLANK, output, begin)
            if at == length:
                self._finish()
            elif at != _end(_STRICT_BLANK, output, begin):
                values.strict = False
            if self._stack:
                at = self._read_token(at)
        return at

    def _read_token(self, at: int) -> int:
        character = self._output[at]
        frame = self._stack[-1]
        if character in _OPENING:
            return self._open(at)
        if character in _CLOSING and (character not in ")）" or self._parentheses):
            return self._close(frame, at)
        if character in _COMMAS:
            return self._comma(frame, at)
        if character in _COLONS:
            return self._colon(frame, at)
        if character in OPENING_QUOTES:
            return self._quoted(frame, at)
        if character == "\\" and self._output[at + 1 : at + 2] in OPENING_QUOTES:
            self._values.strict = False
            return at + 1
        return self._bare(frame, at)

    def _open(self, at: int) -> int:
        character = self._output[at]
        if len(self._stack) == DEEPEST:
            self._finish()
            return len(self._output)
        container = Container(self._layer.original(at, at + 1)[0])
        if self._stack:
            self._add(self._stack[-1], container)
        else:
            self._values.found.append(container)
        named = character == "{" or _ARGUMENTS.match(self._output, at) is not None
        self._stack.append(_Frame(container, _BRACKETS[character], named))
        self._parentheses += character in _PARENTHESES
        self._values.strict &= character in "[{"
        self._scalar_last = False
        return at + 1

    def _add(self, frame: _Frame, value: Scalar | Container) -> None:
        entries = frame.container.entries
        if frame.fresh:
            self._values.strict = False
            before = entries[-1]
            if frame.closing == "}" and before[0] is None and isinstance(before[1], Scalar):
                # A colon is missing: two strings in an object are a key and its value.
                frame.key = before[1]
                entries.pop()
        frame.container.entries.append((frame.key, value))
        frame.key = None
        frame.fresh = True
        frame.comma = False

    def _comma(self, frame: _Frame, at: int) -> int:
        if not frame.fresh or self._output[at] != ",":
            self._values.strict = False
        frame.key = None
        frame.fresh = self._scalar_last = False
        frame.comma = True
        return at + 1

    def _colon(self, frame: _Frame, at: int) -> int:
        self._values.strict = False
        entries = frame.container.entries
        last = entries[-1] if frame.fresh else (None, None)
        if last[0] is None and isinstance(last[1], Scalar):
            frame.key = last[1]
            entries.pop()
            frame.fresh = self._scalar_last = False
        return at + 2 if self._output.startswith("=>", at) else at + 1

    def _close(self, frame: _Frame, at: int) -> int:
        """End the container, and those inside of it whose brackets are missing."""
        character = self._output[at]
        closing = _CLOSING[character]
        if frame.comma or frame.key is not None or closing != character:
            self._values.strict = False
        levels = 1
        if closing != frame.closing:
            self._values.strict = False
            levels = self._levels_to(closing, at)
            if not levels:
                return at + 1
        end = self._layer.original(at, at + 1)[1]
        for _ in range(levels):
            ended = self._stack.pop()
            ended.container.end = end
            ended.container.closed = True
            self._parentheses -= ended.closing == ")"
        self._scalar_last = False
        return at + 1

    def _levels_to(self, closing: str, at: int) -> int:
        """Number of containers that a bracket which does not fit ends: one, if the list goes on.

        It ends none if none fits and another key follows: then there is a bracket too many.
        """
        follows = _end(_BLANK, self._output, at + 1)
        goes_on = self._output[follows : follows + 1] in _COMMAS
        if goes_on and self._stack[-1].closing == "}" and _GOES_ON.match(self._output, follows):
            return int(any(frame.closing == closing for frame in self._stack))
        if not goes_on:
            for levels, frame in enumerate(reversed(self._stack), start=1):
                if frame.closing == closing:
                    return levels
        return 1

    def _quoted(self, frame: _Frame, at: int) -> int:
        first = frame.closing != "}" and not frame.container.entries
        quoted = read_quoted(
            self._output, at, first_in_list=first, in_parentheses=self._parentheses > 0
        )
        if quoted is None:
            end = self._end_by_brackets(at)
            if end is None:
                self._scalar_last = False
                self._finish()
                return len(self._output)
            quoted = QuotedString(self._output[at + 1 : end].rstrip(), end, strict=False)
        self._values.strict &= quoted.strict
        self._scalar(frame, quoted.text, "string", at, quoted.end)
        return quoted.end

    def _end_by_brackets(self, at: int) -> int | None:
        """End of a string without a quote, if the brackets of all lists follow; else None."""
        end = len(self._output)
        if content_of(self._output[at + 1 :].strip()) in self._text:
            return None
        for frame in self._stack:
            end = len(self._output[:end].rstrip())
            if end <= at + 1 or _CLOSING.get(self._output[end - 1]) != frame.closing:
                return None
            end -= 1
        return end if self._output[at + 1 : end].strip() else None

    def _bare(self, frame: _Frame, at: int) -> int:
        output = self._output
        called = _CALL.match(output, at)
        if called is not None:
            self._values.strict = False
            return called.end()
        is_key = frame.named and frame.key is None
        end = _end(_BARE[is_key, self._parentheses > 0], output, at)
        if end == at:
            return self._skip(at)
        text = output[at:end].rstrip()
        if _STRICT_LITERAL.fullmatch(text) is None:
            self._values.strict = False
        self._scalar(frame, text, kind_of_word(text), at, at + len(text))
        stray = output[end : end + 1] in OPENING_QUOTES
        return end + 1 if stray and closes_string(output, end) else end

    def _skip(self, at: int) -> int:
        """Pass a character that means nothing here, or leave the thoughts it ends."""
        self._values.strict = False
        marker = THOUGHT_MARKER.match(self._output, at)
        if marker is None:
            return at + 1
        return self._skip_thought(marker)

    def _scalar(self, frame: _Frame, text: str, kind: Kind, start: int, end: int) -> None:
        self._add(frame, Scalar(text, kind, self._layer.original(start, end)))
        self._scalar_last = True

    def _finish(self) -> None:
        """The answer is over; drop what may have been cut."""
        if self._scalar_last:
            self._stack[-1].container.entries.pop()
        self._values.cut = True
        self._stack.clear()


def _behind_thoughts(output: str) -> int:
    """Behind the last end of thoughts that stands at an end of a line, as none in a string does."""
    at = 0
    for marker in THOUGHT_MARKER.finditer(output):
        if marker["closing"] and "\n" in output[max(0, marker.start() - 1) : marker.end() + 1]:
            at = marker.end()
    return at


def _begins(output: str, at: int) -> bool:
    """True if `at` is where a value is to be expected: at the start of a line, behind a colon."""
    before = at - 1
    while before >= 0 and output[before] in " \t":
        before -= 1
    return before < 0 or output[before] in "\r\n\"'" or output[before] in _COLONS


def _end(pattern: re.Pattern[str], output: str, at: int) -> int:
    found = pattern.match(output, at)
    return at if found is None else found.end()
