"""One damaged item in a list: what becomes of it, and that its neighbours keep their places."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations

import pytest

from pii_sft.spans import Document
from pii_sft.targets.json import TARGET
from tests.damaged.documents import ALL, CHINESE, OTHER_SCRIPTS, REPEATED, SHORT, joined
from tests.damaged.writing import Written

pytestmark = pytest.mark.grid

WRITE = Callable[[str, str], str]


def dumps(*values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Damage:
    """A way to write one item wrongly.

    Attributes:
        name: of the damage.
        write: writes the item from its label and string.
        kept: whether the entity is still told.
        late: how many characters behind the item are needed to tell; below 0 if it can be told
            before its end.
        issues: what is found wrong, in this order.
        open: whether the list has no end then.
        last: whether it can happen to the last item.
    """

    name: str
    write: WRITE
    kept: bool = True
    late: int = 0
    issues: list[str] = field(default_factory=lambda: ["repaired"])
    open: bool = False
    last: bool = True


DAMAGES = [
    Damage("none", dumps, issues=[]),
    Damage("number", lambda label, text: dumps(label, text, 1), issues=[]),
    Damage("escapes", lambda label, text: json.dumps([label, text]), issues=[]),
    Damage(
        "every character escaped",
        lambda label, text: dumps(label, "").replace(
            '""', '"' + "".join(f"\\u{ord(each):04X}" for each in text if ord(each) < 65536) + '"'
        ),
        issues=[],
    ),
    Damage(
        "blanks",
        lambda label, text: f" [ {dumps(label)[1:-1]} ,\n{dumps(text)[1:-1]}\t] ",
        late=-1,
        issues=[],
    ),
    Damage("single quotes", lambda label, text: f"['{label}','{text}']"),
    Damage("label without quotes", lambda label, text: f'[{label},"{text}"]'),
    Damage("string without quotes", lambda label, text: f'["{label}",{text}]'),
    Damage("no opening quote of the label", lambda label, text: f'[{label}","{text}"]'),
    Damage("no opening quote of the string", lambda label, text: f'["{label}",{text}"]'),
    Damage("no closing quote of the label", lambda label, text: f'["{label},"{text}"]'),
    Damage(
        "no closing quote of the string",
        lambda label, text: f'["{label}","{text}]',
        late=len(',["P'),
        last=False,
    ),
    Damage("no comma", lambda label, text: f'["{label}" "{text}"]'),
    Damage("nothing between", lambda label, text: f'["{label}""{text}"]'),
    Damage("colon", lambda label, text: f'["{label}":"{text}"]'),
    Damage("arrow", lambda label, text: f'["{label}" => "{text}"]'),
    Damage("comma at the end", lambda label, text: f'["{label}","{text}",]'),
    Damage("comma at the start", lambda label, text: f'[,"{label}","{text}"]'),
    Damage("two commas", lambda label, text: f'["{label}",,"{text}"]'),
    Damage("another comma behind", lambda label, text: f"{dumps(label, text)},", late=-1),
    Damage(
        "no closing bracket",
        lambda label, text: dumps(label, text)[:-1],
        late=len(",["),
        issues=["repaired", "truncated"],
        open=True,
        last=False,
    ),
    Damage("no opening bracket", lambda label, text: dumps(label, text)[1:]),
    Damage("wrong closing bracket", lambda label, text: dumps(label, text)[:-1] + "}"),
    Damage("round brackets", lambda label, text: f'("{label}","{text}")'),
    Damage("another closing bracket", lambda label, text: f"{dumps(label, text)}]", late=-1),
    Damage(
        "another opening bracket",
        lambda label, text: f"[{dumps(label, text)}",
        issues=["repaired", "truncated"],
        open=True,
    ),
    Damage("a list of its own", lambda label, text: f"[{dumps(label, text)}]", late=-1),
    Damage("an object", lambda label, text: json.dumps({"label": label, "text": text})),
    Damage(
        "an object that says more",
        lambda label, text: json.dumps(
            {"id": 7, "entity": text, "start": 0, "end": 4, "type": label, "offsets": [0, 4]}
        ),
    ),
    Damage("an object by label", lambda label, text: json.dumps({label: text})),
    Damage("an object of lists", lambda label, text: json.dumps({label: [text]}), late=-1),
    Damage("a list of strings", lambda label, text: dumps(label, [text]), late=-1),
    Damage("null behind", lambda label, text: dumps(label, text, None)),
    Damage("number as a string", lambda label, text: dumps(label, text, "1")),
    Damage("only a label", lambda label, _: dumps(label), kept=False, issues=["malformed_entity"]),
    Damage("no string", lambda label, _: dumps(label, ""), kept=False, issues=["malformed_entity"]),
    Damage("no label", lambda _, text: dumps("", text), kept=False, issues=["malformed_entity"]),
    Damage(
        "null as string",
        lambda label, _: dumps(label, None),
        kept=False,
        issues=["malformed_entity"],
    ),
    Damage("a confidence of 0", lambda *pair: dumps(*pair, 0), issues=[]),
    Damage("a fraction", lambda *pair: dumps(*pair, 1.5), issues=[]),
    Damage("too much", lambda *pair: dumps(*pair, 1, 2), issues=["repaired"]),
    Damage("a number", lambda *_: "5", kept=False, issues=["malformed_entity"]),
    Damage("a string", lambda label, _: f'"{label}"', kept=False, issues=["malformed_entity"]),
    Damage(
        "half a character as label",
        lambda _, text: f'["\\ud83d","{text}"]',
        kept=False,
        issues=["malformed_entity"],
    ),
    Damage("nothing", lambda *_: "[]", kept=False),
    Damage("an empty object", lambda *_: "{}", kept=False),
    Damage("absent", lambda label, _: dumps(label, "Qqqqq"), kept=False, issues=["not_in_text"]),
    Damage("occurrence 9", lambda *pair: dumps(*pair, 9), kept=False, issues=["not_in_text"]),
    Damage("twice", lambda *pair: f"{dumps(*pair)},{dumps(*pair, 1)}", issues=["duplicate"]),
]
SIMPLE = [SHORT, CHINESE, OTHER_SCRIPTS]


def damaged(document: Document, index: int, damage: Damage) -> Written:
    """The answer for a document with one damaged item."""
    text, complete = "[", []
    for number, span in enumerate(document.spans):
        text += "," if number else ""
        write = damage.write if number == index else dumps
        text += write(span.label, document.surface(span))
        if number != index or damage.kept:
            complete.append((span, len(text) + (damage.late if number == index else 0)))
    ends = None if damage.open else len(text) + 1
    return Written(text + "]", tuple(complete), not damage.issues, ends=ends)


def unharmed(document: Document, index: int, damage: Damage) -> bool:
    """Whether the damage can happen to this item."""
    surface = document.surface(document.spans[index])
    if damage.name == "every character escaped":
        return max(map(ord, surface)) < 65536
    return damage.last or index + 1 < len(document.spans)


CASES = [
    (damage, document, index)
    for damage in DAMAGES
    for document in SIMPLE
    for index in range(len(document.spans))
    if unharmed(document, index, damage)
]


@pytest.mark.parametrize(
    ("damage", "document", "index"),
    CASES,
    ids=[f"{damage.name}, {document.id} {index}" for damage, document, index in CASES],
)
def test_one_item(damage: Damage, document: Document, index: int) -> None:
    written = damaged(document, index, damage)
    parsed = TARGET.parse(document.text, written.text)
    assert list(parsed.spans) == written.spans(), written.text
    # A label that the text holds makes an absent string look like a pair the wrong way round.
    turned = ["repaired", *damage.issues] if damage.name == "absent" else damage.issues
    assert list(parsed.issues) in (damage.issues, turned), written.text


@pytest.mark.parametrize("damage", DAMAGES[:-1], ids=lambda damage: damage.name)
def test_cut_anywhere(damage: Damage) -> None:
    for index in range(len(SHORT.spans)):
        if not unharmed(SHORT, index, damage):
            continue
        written = damaged(SHORT, index, damage)
        for cut in range(1, len(written.text)):
            parsed = TARGET.parse(SHORT.text, written.text[:cut])
            assert list(parsed.spans) == written.spans(cut), written.text[:cut]


def test_two_items() -> None:
    """Every pair of damages, at neighbouring items."""
    text = joined("d", *[("Ann", "PERSON"), " ", ("Bob", "PERSON"), " ", ("Rome", "CITY"), "."])
    for first, second in permutations(DAMAGES, 2):
        alone = {"no closing bracket", "no closing quote of the string", "no opening bracket"}
        if {first.name, second.name} & alone:
            continue
        one, two, three = ((span.label, text.surface(span)) for span in text.spans)
        answer = f"[{first.write(*one)},{second.write(*two)},{dumps(*three)}]"
        kept = [
            span
            for span, told in zip(text.spans, (first.kept, second.kept, True), strict=True)
            if told
        ]
        assert list(TARGET.parse(text.text, answer).spans) == kept, answer


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.id)
def test_strings_with_quotes_that_are_not_escaped(document: Document) -> None:
    rows = ",".join(f'["{span.label}","{document.surface(span)}"]' for span in document.spans)
    surfaces = [document.surface(span) for span in document.spans]
    told = [
        span
        for span, surface in zip(document.spans, surfaces, strict=True)
        if not {"\\", "["} & set(surface)
    ]
    parsed = TARGET.parse(document.text, f"[{rows}]")
    assert set(told) <= set(parsed.spans)
    assert set(parsed.spans) <= set(document.spans)


QUOTING = joined(
    "quoting",
    *(('Al "Ace" Roe', "PERSON"), " and ", ('"Kit"', "PERSON"), ", ", ('J. "J"', "PERSON"), "; "),
    *(("O'Neil", "PERSON"), " of ", ('the "Red", a pub', "PLACE"), "."),
)


def test_quotes_inside_quotes() -> None:
    # Not in double quotes: a string that begins with one would be told as in CSV, doubled.
    quote = "'"
    rows = ",".join(
        f"[{quote}{span.label}{quote},{quote}{QUOTING.surface(span)}{quote}]"
        for span in QUOTING.spans
    )
    assert TARGET.parse(QUOTING.text, f"[{rows}]").spans == QUOTING.spans


def test_numbers_lead_to_their_occurrences() -> None:
    document = joined("d", "Ann, Ann, ", ("Ann", "PERSON"), " and Bob, ", ("Bob", "PERSON"))
    answer = TARGET.render(document)
    assert answer == '[["PERSON","Ann",3],["PERSON","Bob",2]]'
    for damaged_answer in (
        answer,
        answer.replace('"', "'"),
        '[{"label":"PERSON","text":"Ann","occurrence":3},{"label":"PERSON","text":"Bob","n":"2"}]',
        '{"PERSON":[["Ann",3],["Bob",2]]}',
        "[[PERSON, Ann, 3], [PERSON, Bob, 2]]",
    ):
        assert TARGET.parse(document.text, damaged_answer).spans == document.spans


def test_repeated_keys_in_one_object() -> None:
    pairs = [f'"label":"{s.label}","text":"{REPEATED.surface(s)}"' for s in REPEATED.spans]
    assert TARGET.parse(REPEATED.text, f"{{{','.join(pairs)}}}").spans == REPEATED.spans


def test_a_document_said_again_is_no_entity() -> None:
    answer = json.dumps({"text": SHORT.text, "entities": [["PERSON", "Ann Lee"]], "count": 1})
    parsed = TARGET.parse(SHORT.text, answer)
    assert parsed.spans == SHORT.spans[:1]
    assert parsed.issues == ("repaired",)


def test_raw_line_breaks_in_strings() -> None:
    document = joined("d", "At ", ("12 Main St,\r\n\tApt 4", "ADDRESS"), ".")
    answer = f'[["ADDRESS","{document.surface(document.spans[0])}"]]'
    parsed = TARGET.parse(document.text, answer)
    assert parsed.spans == document.spans
    assert parsed.issues == ("repaired",)
