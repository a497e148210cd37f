"""The default target, by example."""

from __future__ import annotations

import pytest

from pii_sft.spans import Span, checked
from pii_sft.targets import TARGETS
from pii_sft.targets.item import Item
from pii_sft.targets.json import TARGET
from tests.conftest import annotated

TEXT = "Ann Lee met Bob in Rome. Bob left."
ANN, BOB, ROME = Span(0, 7, "PER"), Span(12, 15, "PER"), Span(19, 23, "LOC")
LATER_BOB = Span(25, 28, "PER")


@pytest.mark.parametrize(
    ("text", "spans", "output"),
    [
        (TEXT, [], "[]"),
        (TEXT, [ROME, ANN, BOB], '[["PER","Ann Lee"],["PER","Bob"],["LOC","Rome"]]'),
        (TEXT, [BOB, LATER_BOB], '[["PER","Bob"],["PER","Bob"]]'),
        (TEXT, [LATER_BOB], '[["PER","Bob",2]]'),
        (TEXT, [ANN, Span(0, 3, "FIRST")], '[["PER","Ann Lee"],["FIRST","Ann"]]'),
        ("Ann Ann Ann", [Span(0, 3, "P"), Span(8, 11, "P")], '[["P","Ann"],["P","Ann",3]]'),
        ("王小明 王", [Span(0, 3, "姓名")], '[["姓名","王小明"]]'),
        ('a "b"\n\\c', [Span(2, 8, "X")], '[["X","\\"b\\"\\n\\\\c"]]'),
    ],
)
def test_render(text: str, spans: list[Span], output: str) -> None:
    document = checked("d", text, spans)
    assert TARGET.render(document) == output
    assert TARGET.parse(text, output).spans == document.spans


@pytest.mark.parametrize(
    ("output", "spans", "issues"),
    [
        ("[]", [], []),
        (" [ ] \n", [], []),
        ('[["PER","Ann Lee"],["LOC","Rome"]]', [ANN, ROME], []),
        ('[["LOC","Rome"],["PER","Ann Lee"]]', [ANN, ROME], []),
        ('[\n  ["PER", "Ann Lee"],\n  ["LOC", "Rome"]\n]', [ANN, ROME], []),
        ('[["PER","ann lee"]]', [ANN], []),
        ('[["PER","Bob",2]]', [LATER_BOB], []),
        ('<think>\n["a"]\n</think>\n\n[["LOC","Rome"]]', [ROME], []),
        ('["a"] is wrong.</think>[["LOC","Rome"]]', [ROME], []),
        ('[["LOC","Rome"]] <think>Is that all?</think>', [ROME], []),
        ('[["PER","Bob"]]</think>[["LOC","Rome"]]', [ROME], []),
        ('[["LOC","</think>"]]', [], ["not_in_text"]),
        ('[["LOC","Rome"],["PER","</think>', [ROME], ["truncated"]),
        ('Sure: [["LOC","Rome"]]', [ROME], ["repaired"]),
        ('```json\n[["LOC","Rome"]]\n```', [ROME], ["repaired"]),
        ('[["LOC","Rome"]]]', [ROME], ["repaired"]),
        ("[['LOC','Rome']]", [ROME], ["repaired"]),
        ('[["LOC","Rome],["PER","Bob"]]', [ROME, LATER_BOB], ["repaired"]),
        ('[["LOC" "Rome"],["PER","Bob"]]', [ROME, LATER_BOB], ["repaired"]),
        ('[{"label":"LOC","text":"Rome"}]', [ROME], ["repaired"]),
        ('[{"type":"LOC","value":"Rome"}]', [ROME], ["repaired"]),
        ('{"LOC":["Rome"],"PER":"Bob"}', [ROME, LATER_BOB], ["repaired"]),
        ('[["PER","Ann Lee"],["LOC","Ro', [ANN], ["truncated"]),
        ('[["PER","Ann Lee"],["LOC","Rome"', [ANN], ["truncated"]),
        ('[["PER","Ann Lee"],["LOC","Rome"]', [ANN, ROME], ["truncated"]),
        ('[["PER","Ann Lee"],', [ANN], ["truncated"]),
        ('[["PER","Ann Lee"],["LOC","Rome\\u00', [ANN], ["truncated"]),
        ("[", [], ["truncated"]),
        ("", [], ["empty"]),
        ("I am sorry, I cannot help with that.", [], ["refused"]),
        ("<PER>Ann Lee</PER> lives in <LOC>Rome</LOC>", [ANN, ROME], ["repaired"]),
        ("There is none.", [], ["failed"]),
        ("<think>hm [[</think>", [], ["empty"]),
        ('[["PER","Zoe"],["LOC","Rome"]]', [ROME], ["not_in_text"]),
        ('[["LOC","Rome"],["LOC","Rome"]]', [ROME], ["duplicate"]),
        ('[["LOC","Rome"],["LOC","Rome",1]]', [ROME], ["duplicate"]),
        ('[["LOC","Rome"],["LOC"],["PER",""],5]', [ROME], ["malformed_entity"] * 3),
        ('[["LOC","Rome",0]]', [ROME], []),
        ('[["LOC","Rome","x"]]', [], ["malformed_entity"]),
        ('[{"label":"LOC"}]', [], ["repaired", "malformed_entity"]),
        ('[{"label":3}]', [], ["repaired", "malformed_entity"]),
        ("[{}]", [], ["repaired"]),
    ],
)
def test_parse(output: str, spans: list[Span], issues: list[str]) -> None:
    parsed = TARGET.parse(TEXT, output)
    assert list(parsed.spans) == spans
    assert list(parsed.issues) == issues


@pytest.mark.parametrize(
    ("output", "spans", "issues"),
    [
        ('[{"label":"LOC","text":"Rome","span":[19,23]}]', [ROME], []),
        ('[{"label":"LOC","text":"Rome","attributes":{"x":["y"]}}]', [ROME], []),
        ('[{"label":"PER","texts":["Ann Lee","Bob"]}]', [ANN, BOB], []),
        ('[{"text":"Rome","labels":["LOC"]}]', [ROME], []),
        ('[{"label":"LOC","span":[19,23]}]', [], ["malformed_entity"]),
        ('{"LOC":{"values":["Rome"]}}', [ROME], []),
        ('{"LOC":{"text":"Rome"}}', [ROME], []),
        ('{"LOC":[{"text":"Rome","start":19}]}', [ROME], []),
        ('{"LOC":[["Rome"],["LOC","Rome"]]}', [ROME], ["duplicate"]),
        ('{"LOC":[true,null,""],"PER":null}', [], ["malformed_entity"]),
        ('{"entities":["LOC","Rome"]}', [ROME], []),
        ('{"entities":[]}', [], []),
        ('{"LOC":[]}', [], []),
        ('[["LOC",["Rome"]],["PER",["Ann Lee","Bob"]]]', [ANN, BOB, ROME], []),
        ('[{"name":"LOC","value":"Rome"}]', [ROME], []),
        ('[{"entity":"LOC","text":"Rome"}]', [ROME], []),
        ('[{"entity":"Rome","label":"LOC"}]', [ROME], []),
        ('[{"name":"Rome"}]', [Span(19, 23, "name")], []),
        ('[{"text":"Rome"}]', [], ["malformed_entity"]),
        (
            '[{"label":"LOC","label":"PER","text":"a","text":"b","text":"c"}]',
            [],
            ["malformed_entity"],
        ),
        ('{["LOC","Rome"]}', [ROME], []),
        ('{"LOC","Rome"}', [ROME], []),
        ("[LOC, Rome, Ann]", [], ["not_in_text"]),
        ('["LOC",12]', [], ["not_in_text"]),
        ("LOC: [Rome]", [ROME], []),
        ('[["LOC","Rome"], \\<think>]', [ROME], ["not_in_text"]),
        ('[["LOC","Rome"], 7, true]', [ROME], ["malformed_entity"]),
        ('[["a", </think> [["LOC","Rome"]]', [ROME], []),
        ('[["LOC", <think>really?</think> "Rome"]]', [ROME], []),
        ('[["LOC","Rome"]] see [1] and [2]', [ROME], []),
        ('"[[\\"LOC\\",\\"Rome\\"],[\\"X\\",\\"\\ud83d\\ude00\\"]]"', [ROME], ["not_in_text"]),
    ],
)
def test_other_shapes(output: str, spans: list[Span], issues: list[str]) -> None:
    parsed = TARGET.parse(TEXT, output)
    assert list(parsed.spans) == spans
    assert [each for each in parsed.issues if each != "repaired"] == issues


def test_an_address_without_quotes_keeps_its_commas() -> None:
    document = annotated("d", "At 12 Main St, Rome.", ("12 Main St, Rome", "ADDRESS"))
    assert TARGET.parse(document.text, "[[ADDRESS, 12 Main St, Rome]]").spans == document.spans


def test_what_is_not_in_the_text_is_told_by_label() -> None:
    parsed = TARGET.parse(TEXT, '[["PER","Zoe"],["LOC","Rome"],["ORG","Acme"],["PER","Zoe"]]')
    assert parsed.unplaced == ("PER", "ORG")
    assert parsed.issues == ("not_in_text", "not_in_text", "duplicate")


@pytest.mark.parametrize(
    "surface", ["</think>", "<think></think>", 'x],["y', "]]", "[[", '"', "\\", "{}", "```"]
)
def test_a_surface_that_looks_like_markup(surface: str) -> None:
    document = annotated("d", f"a {surface} b", (surface, "X"))
    assert TARGET.parse(document.text, TARGET.render(document)).spans == document.spans


@pytest.mark.parametrize("cut", ['[["X","a],[b', '[["X","a]]', '[["X","a], [', '[["X","a]],\\'])
def test_a_cut_string_is_dropped_whatever_it_holds(cut: str) -> None:
    parsed = TARGET.parse("a],[b a]] a], [", cut)
    assert parsed.spans == ()
    assert parsed.issues == ("truncated",)


def test_where_an_item_stands_in_the_answer() -> None:
    output = 'So: [["PER","Bob"], ["LOC","Rome"]]'
    for found, item in zip(
        TARGET.parse(TEXT, output).found, ['["PER","Bob"]', '["LOC","Rome"]'], strict=True
    ):
        assert output[slice(*found.output)] == item


def test_no_text_in_an_item_s_repr() -> None:
    assert "Ann" not in repr(Item("PER", "Ann", 0, (0, 3)))


def test_it_is_registered() -> None:
    assert TARGETS.get("json") is TARGET
    assert TARGET.name == "json"
    assert "JSON" in TARGET.instruction
