"""Files of columns, one token a line: what separates the columns, and what each of them holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from pii_sft.converters.tokens.bare_tags import PLAIN_LABEL, typed, types_beside
from pii_sft.converters.tokens.delimiters import BARE_COMMAS, DELIMITERS, Fields
from pii_sft.converters.tokens.detokenize import are_characters, lack_spaces
from pii_sft.converters.tokens.language_prefixes import language_of, without_language
from pii_sft.converters.tokens.tag_layers import are_layers
from pii_sft.converters.tokens.tag_schemes import Form, form_of, is_partly_tagged, looks_tagged
from pii_sft.converters.tokens.tag_spellings import (
    OUTSIDE,
    Spelling,
    are_numbers,
    is_prefixed,
    nested_parts,
    spelling_of,
    usual,
)

DOCUMENT_START = "-DOCSTART-"
NO_SPACE_AFTER = "SpaceAfter=No"

_TAGGED_SHARE = 0.9
_MOST_LABELS = 100
_COMMENT = re.compile(r"#+(?=[ \t]|$)")
_SENTENCE = re.compile(r"(?:sentence|sent|s|doc|document)\W*\d+", re.IGNORECASE)
_FIELD_COMMENT = re.compile(r"#[ \t]*(?:[\w.:-]+[ \t]*=|(?:newdoc|newpar|id)\b)")
_INDEX = re.compile(r"\d+(?:[-.]\d+)?")
_POSITION = re.compile(r"(.\D*)(\d+)", re.DOTALL)
_IN_CAPITALS = re.compile(r"[A-Z][A-Z0-9_.-]+")
_QUOTED = re.compile(r'(?:^|,)"(?:[^"]|"")*"(?:,|$)')
_LABEL_STUDIO = ["-X-", "_"]
_PHRASES = frozenset(
    ("ADJP", "ADVP", "CONJP", "INTJ", "LST", "NP", "PP", "PRT", "SBAR", "UCP", "VP")
)
_TOKEN_NAMES = frozenset(("token", "tokens", "word", "words", "form", "char", "character"))
_TAG_NAMES = frozenset(("tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "bio"))
_SENTENCE_NAMES = frozenset(("sentence", "sentence #", "sentence_id", "sent_id", "sentence_idx"))


class Layout(msgspec.Struct, frozen=True):
    """The roles of the columns of a file; columns are counted from 0.

    Attributes:
        delimiter: name of what separates them, one of `DELIMITERS`.
        width: number of columns of nearly every line.
        token: column of the tokens.
        tags: columns of tags, usually one.
        types: column of the types of tags that are a bare `B` or `I`; -1 if there is none.
        sentence: column that names the sentence; -1 if there is none.
        numbered: whether the first column counts the tokens of a sentence.
        headed: whether the first line names the columns.
        form: how the tags name their types.
        spelling: how they are spelled.
        tag_counts: the tags of the lines seen, as `B-LABEL`.
        share: how many of the lines seen fit, from 0 to 1.
        entities: whether a tag other than O was seen.
        needed: how many columns a line has to have at least.
        contested: columns of tags that are no layers of one annotation.
        language: what stands with a colon in front of every token.
        positions: whether each token is a character and its position in the word.
        characters: whether tokens are characters rather than words.
        lost: whether they are characters, and the spaces between words are lost.
        spaced: whether lines say where no space follows.
        exported: whether it looks like an export of Label Studio, which is one document to it.
    """

    delimiter: str
    width: int
    token: int
    tags: tuple[int, ...]
    form: Form
    share: float
    entities: bool
    needed: int
    spelling: Spelling = "usual"
    tag_counts: Mapping[str, int] = {}
    types: int = -1
    sentence: int = -1
    numbered: bool = False
    headed: bool = False
    contested: tuple[int, ...] = ()
    language: str = ""
    positions: bool = False
    characters: bool = False
    lost: bool = False
    spaced: bool = False
    exported: bool = False

    def split(self, line: str) -> Fields:
        """The fields of a line."""
        return DELIMITERS[self.delimiter](line, self.width)

    def fits(self, fields: Fields) -> bool:
        """True if a line has the columns that are needed, where they are expected."""
        return self.needed <= len(fields) and (
            self.delimiter == "tabs" or len(fields) == self.width
        )

    def token_of(self, fields: Fields) -> str:
        """The token of a line.

        Raises:
            RecordError: it lacks the language that stands in front of the others.
        """
        written = fields[self.token]
        if self.language:
            return without_language(written, self.language)
        match = _POSITION.fullmatch(written) if self.positions else None
        return written if match is None else match[1]

    def tags_of(self, rows: Sequence[Fields], at: int) -> list[str]:
        """The tags in a column of rows."""
        tags = [row[at].strip() for row in rows]
        return tags if self.types < 0 else typed(tags, [row[self.types] for row in rows])

    def is_comment(self, line: str) -> bool:
        """True if a line is about the tokens rather than one of them."""
        if _FIELD_COMMENT.match(line):
            return self.delimiter != "tabs" or not self._is_token(line)
        return _COMMENT.match(line) is not None and not self._is_token(line)

    def _is_token(self, line: str) -> bool:
        fields = self.split(line)
        return self.fits(fields) and all(self._is_tag(fields[at].strip()) for at in self.tags)

    def _is_tag(self, cell: str) -> bool:
        plain = self.form in ("plain", "mixed") and PLAIN_LABEL.fullmatch(cell) is not None
        spelled = usual(cell, self.spelling)
        return plain or (spelled is not None and looks_tagged(spelled))


def find_layout(lines: Sequence[str], chosen: Sequence[int] = ()) -> Layout | None:
    """Find out what the columns of a file hold.

    Args:
        lines: its first lines, without line ends.
        chosen: columns of tags that the user named, counted from 0, or from -1 at the end.

    Returns:
        The layout that fits most of the lines; None if no column looks like tags.
    """
    held = [line for line in lines if line.strip(",; \t\r") and not line.startswith(DOCUMENT_START)]
    quoted = any(map(_QUOTED.search, held))
    delimiters = [name for name in DELIMITERS if not (quoted and name == BARE_COMMAS)]
    layouts = [_layout(held, delimiter, chosen) for delimiter in delimiters]
    found = [layout for layout in layouts if layout is not None]
    return max(found, key=lambda layout: layout.share, default=None)


def _layout(lines: Sequence[str], delimiter: str, chosen: Sequence[int]) -> Layout | None:
    split = DELIMITERS[delimiter]
    rows = [split(line, 2) for line in lines if not _COMMENT.match(line)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return None
    width = widths.most_common(1)[0][0]
    header = _Header.of(rows[0])
    fitting = [row for row in rows[header.headed :] if len(row) == width]
    if not fitting:
        return None
    columns = [[row[at] for row in fitting] for at in range(width)]
    numbers = sum(_INDEX.fullmatch(cell) is not None for cell in columns[0])
    numbered = numbers >= _TAGGED_SHARE * len(fitting) and columns[0][0].startswith("1")
    token, sentence = header.token, header.sentence
    if token < 0:
        token, sentence = _first_of_tokens(columns, numbered)
    tags = _tag_columns(columns, token, header, chosen)
    unfound = token in tags or not (tags or header.headed)
    if unfound and _stand_first(columns[token]):
        tags = tags or (token,)
        token = _token_beside(columns, tags, token)
    if not tags and not header.headed and delimiter != BARE_COMMAS:
        tags = _tagged_otherwise(columns, token)[-1:]
    if not tags or max(tags) >= width or token in tags:
        return None
    contested: tuple[int, ...] = ()
    if len(tags) > 1 and not chosen and not (numbered and width == _GERMEVAL_WIDTH):
        held = {
            at: columns[at] for at in tags if any(cell.strip() != OUTSIDE for cell in columns[at])
        }
        if len(held) > 1 and not are_layers(held):
            contested = tuple(held)
    types = -1 if chosen or len(tags) > 1 else types_beside(columns, token, tags[0])
    written = Counter(cell.strip() for at in tags for cell in columns[at])
    if types >= 0:
        written = Counter(typed([cell.strip() for cell in columns[tags[0]]], columns[types]))
    spelling = spelling_of(written)
    counts: Counter[str] = Counter()
    for tag, number in written.items():
        for part in nested_parts(tag, spelling):
            counts[usual(part, spelling) or part] += number
    form = form_of(counts)
    tokens = columns[token]
    language = language_of(tokens)
    tokens = [cell.removeprefix(f"{language}:") for cell in tokens] if language else tokens
    if header.headed and all(map(str.isdigit, tokens)):
        return None
    positions = _are_positions(tokens)
    return Layout(
        delimiter=delimiter,
        width=width,
        token=token,
        tags=tags,
        form=form,
        spelling=spelling,
        tag_counts=counts,
        share=len(fitting) / len(rows[header.headed :]),
        entities=any(tag != OUTSIDE for tag in counts),
        needed=max(token, types, *tags) + 1,
        types=types,
        sentence=sentence,
        numbered=numbered and token > 0,
        headed=header.headed,
        contested=contested,
        language=language,
        positions=positions,
        characters=positions or are_characters(tokens),
        lost=not positions and lack_spaces(tokens),
        spaced=any(NO_SPACE_AFTER in row[-1] for row in fitting),
        exported=all(row[1:-1] == _LABEL_STUDIO for row in fitting),
    )


class _Header(msgspec.Struct, frozen=True):
    """The columns that the first line names; -1 for a column it does not name."""

    headed: bool
    token: int = -1
    tag: int = -1
    sentence: int = -1

    @classmethod
    def of(cls, cells: Fields) -> _Header:
        names = [cell.strip().lower() for cell in cells]
        token, tag, sentence = (
            next((at for at, name in enumerate(names) if name in known), -1)
            for known in (_TOKEN_NAMES, _TAG_NAMES, _SENTENCE_NAMES)
        )
        headed = token >= 0 and tag >= 0
        return cls(headed, token, tag, sentence) if headed else cls(False)


def _tag_columns(
    columns: Sequence[Fields],
    token: int,
    header: _Header,
    chosen: Sequence[int],
) -> tuple[int, ...]:
    width = len(columns)
    if chosen:
        return tuple(sorted({at % width if at < 0 else at for at in chosen}))
    if header.headed:
        cells = columns[header.tag]
        return (header.tag,) if _are_tags(cells) or _are_plain(cells, named=True) else ()
    tagged = _tagged(columns, token)
    entities = [at for at in tagged if not _are_phrases(columns[at])]
    if entities:
        return tuple(entities)
    plain = [at for at in range(token + 1, width) if _are_plain(columns[at])]
    return tuple((tagged or plain)[-1:])


def _stand_first(cells: Fields) -> bool:
    """True if a column in front of all others holds tags beyond doubt, as in the MIT corpora."""
    tags = {cell.strip() for cell in cells}
    prefixed = any(map(is_prefixed, tags)) and all(map(looks_tagged, tags))
    return prefixed or (len(cells) >= _FEWEST_NUMBERS and _are_plain(cells))


def _token_beside(columns: Sequence[Fields], tags: Sequence[int], first: int) -> int:
    """The column of the tokens where tags stand in front of them: the one with most to say."""
    others = [at for at in range(first, len(columns)) if at not in tags]
    return max(others, key=lambda at: (len(set(columns[at])), at), default=first)


def _tagged_otherwise(columns: Sequence[Fields], token: int) -> tuple[int, ...]:
    """Columns that hold tags of two kinds or numbers of tags, which only an error can name."""
    if len(columns[token]) < _FEWEST_NUMBERS:
        return ()
    cells = {at: Counter(map(str.strip, columns[at])) for at in range(token + 1, len(columns))}
    partly = [at for at, tags in cells.items() if is_partly_tagged(tags)]
    numbers = [at for at, tags in cells.items() if are_numbers(tags) and "0" in map(_bare, tags)]
    return tuple(partly or numbers)


def _bare(cell: str) -> str:
    return cell.strip("\"'")


_GERMEVAL_WIDTH = 4


def _first_of_tokens(columns: Sequence[Fields], numbered: bool) -> tuple[int, int]:
    """The column of the tokens, and that of sentences or -1, of a table without names.

    In front of the tokens may stand an index, and the number or name of the sentence, often in its
    first row only.
    """
    last = len(columns) - 2
    token, sentence = 0, -1
    while token < last:
        cells = columns[token]
        if _name_sentences(cells):
            sentence = token
        elif not (token == 0 and numbered) and not _count_rows(cells):
            break
        token += 1
    return token, sentence


def _name_sentences(cells: Fields) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(filled) <= len(cells) / 2:
        return True
    if all(map(_SENTENCE.fullmatch, filled)):
        return True
    return _never_fall(cells) and len(set(cells)) < len(cells)


def _count_rows(cells: Fields) -> bool:
    return _never_fall(cells) and int(cells[-1]) - int(cells[0]) == len(cells) - 1


_FEWEST_NUMBERS = 3


def _never_fall(cells: Fields) -> bool:
    if len(cells) < _FEWEST_NUMBERS or not all(
        cell.isdecimal() and len(cell) < 10 for cell in cells
    ):
        return False
    numbers = [int(cell) for cell in cells]
    return all(left <= right for left, right in pairwise(numbers)) and numbers[0] < numbers[-1]


def _tagged(columns: Sequence[Fields], token: int) -> list[int]:
    """Columns behind the tokens that hold tags."""
    return [at for at in range(token + 1, len(columns)) if _are_tags(columns[at])]


def _are_tags(cells: Fields) -> bool:
    tags = Counter(cell.strip() for cell in cells)
    usually = sum(number for tag, number in tags.items() if looks_tagged(tag))
    return usually >= _TAGGED_SHARE * len(cells) or spelling_of(tags) != "usual"


def _are_plain(cells: Fields, *, named: bool = False) -> bool:
    """True for labels without a prefix: O among them, and few different ones.

    In a table of a few lines each may occur once; there, capitals and many an O tell them from
    words, or the name of the column does.
    """
    tags = Counter(cell.strip() for cell in cells)
    if OUTSIDE not in tags or not all(map(PLAIN_LABEL.fullmatch, tags)):
        return False
    if len(tags) <= min(_MOST_LABELS, (len(cells) + 1) / 2):
        return True
    capitals = all(tag == OUTSIDE or _IN_CAPITALS.fullmatch(tag) for tag in tags)
    return named or (capitals and tags[OUTSIDE] >= len(cells) / 3)


def _are_phrases(cells: Fields) -> bool:
    """True if tags are those of chunks, such as B-NP, rather than of entities."""
    return {cell.strip()[2:] for cell in cells if len(cell.strip()) > 2} <= _PHRASES


def _are_positions(tokens: Fields) -> bool:
    """True if each token is a character followed by its position in a word: 科0, 技1."""
    regular, expected, counted = 0, "0", False
    for token in tokens:
        match = _POSITION.fullmatch(token)
        position = match[2] if match else ""
        regular += position in ("0", expected)
        counted |= position == "1"
        expected = str(int(position) + 1) if position and len(position) <= _MOST_DIGITS else "0"
    return counted and regular >= _TAGGED_SHARE * len(tokens)


_MOST_DIGITS = 6
