"""Answers in other shapes than ours, as models of all kinds write them: every entity is read."""

# ruff: noqa: E501

from __future__ import annotations

import json
from typing import Any

import pytest

from pii_sft.spans import Document, Span, encodable
from pii_sft.targets import TARGETS, read_answer

T = "Nora Quill lives in Rome and calls 555-0100; her mail is nora@x.org."
N, C, PH = ("PERSON", "Nora Quill"), ("CITY", "Rome"), ("PHONE", "555-0100")

ANSWERS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("json", "Nora B-PERSON\nQuill I-PERSON\nlives O\nin O\nRome B-CITY\nand O\n", [N, C]),
    ("json", "```\nNora\tB-PERSON\nQuill\tL-PERSON\nlives\tO\nin\tO\nRome\tU-CITY\n```", [N, C]),
    ("json", "| Token | Tag |\n|---|---|\n| Nora | B-PERSON |\n| Quill | I-PERSON |\n| lives | O |\n| in | O |", [N]),
    ("json", '[["Nora","B-PERSON"],["Quill","I-PERSON"],["lives","O"],["in","O"],["Rome","B-CITY"]]', [N, C]),
    ("json", '[["B-PERSON","Nora"],["I-PERSON","Quill"],["B-CITY","Rome"]]', [N, C]),
    ("json", '[{"word":"Nora","entity":"B-PERSON"},{"word":"Quill","entity":"I-PERSON"},{"word":"Rome","entity":"B-CITY"}]', [N, C]),
    ("json", '{"tokens":["Nora","Quill","lives","in","Rome"],"tags":["B-PERSON","I-PERSON","O","O","B-CITY"]}', [N, C]),
    ("lines", "B-PERSON Nora\nI-PERSON Quill\nO lives\nO in\nB-CITY Rome\n-", [N, C]),
    ("lines", "1\tNora\tB-PERSON\n2\tQuill\tI-PERSON\n3\tlives\tO\n4\tin\tO\n5\tRome\tB-CITY", [N, C]),
    ("json", "<table><tr><th>Label</th><th>Text</th></tr><tr><td>PERSON</td><td>Nora Quill</td></tr><tr><td>CITY</td><td>Rome</td></tr></table>", [N, C]),
    ("json", "<table>\n<tr>\n<td>Nora&nbsp;Quill</td>\n<td>PERSON</td>\n</tr>\n<tr>\n<td>Rome</td>\n<td>CITY</td>\n</tr>\n</table>", [N, C]),
    ("json", "<ul><li><b>PERSON</b>: Nora Quill</li><li>CITY: Rome</li></ul>", [N, C]),
    ("json", "PERSON: Nora Quill<br>CITY: Rome<br/>", [N, C]),
    ("json", "[Entity(label='PERSON', text='Nora Quill'), Entity(label='CITY', text='Rome')]", [N, C]),
    ("json", "Entity(type='PERSON', start=0, end=10, text='Nora Quill')\nEntity(type='CITY', start=20, end=24, text='Rome')", [N, C]),
    ("json", "Result(entities=[models.Ent(label=\"PERSON\", text=\"Nora Quill\"), models.Ent(label=\"CITY\", text=\"Rome\")])", [N, C]),
    ("json", "[Entity('PERSON', 'Nora Quill'), Entity('CITY', 'Rome')]", [N, C]),
    ("lines", "Entity(label='PERSON', text='Nora Quill')\nEntity(label='CITY', text='Rome')\n-", [N, C]),
    ("lines", '[["PERSON","Nora Quill"],["CITY","Rome"]]\n-', [N, C]),
    ("lines", f"<PERSON>Nora Quill</PERSON>{T[10:]}\n-", [N]),
    ("lines", "**PERSON**\n* Nora Quill\n**CITY**\n* Rome\n-", [N, C]),
    ("json", '{"\\"PERSON\\"":["Nora Quill"],"\'CITY\'":["Rome"]}', [N, C]),
    ("json", '{"**PERSON**":["Nora Quill"],"`CITY`":["Rome"]}', [N, C]),
    ("tags", T.replace("Rome", '<mark data-label="CITY">Rome</mark>'), [C]),
    ("tags", T.replace("Rome", '<span entity="CITY">Rome</span>'), [C]),
    ("tags", "<text>" + T.replace("Rome", "<CITY>Rome</CITY>") + "</text>", [C]),
    ("json", '{"PERSON":"N/A","CITY":"Rome"}', [C]),
    ("json", '{"PERSON":"NA","PHONE":"нет","CITY":"Rome"}', [C]),
    ("json", '[["CITY","Rome"]]</s>[["PERSON","Nora Quill"]]', [C]),
    ("json", '[{"pii":"Nora Quill","type":"PERSON"}]', [N]),
    ("json", '[{"texte":"Rome","étiquette":"CITY"}]', [C]),
    ("json", '["PERSON: Nora Quill","CITY: Rome"]', [N, C]),
    ("json", '[[0.98,"CITY","Rome"]]', [C]),
    ("json", '{"PERSON":"Nora Quill","note":"Rome is a city","count":1}', [N]),
    ("json", '{"PERSON":[{"name":"Nora Quill","city":"Rome"}]}', [N]),
    ("lines", "PERSON; Nora Quill\nCITY, Rome\n-", [N, C]),
    ("lines", "[PERSON]: Nora Quill\n<CITY>: Rome\n-", [N, C]),
    ("lines", "PERSON: Nora Quill (0.98)\nCITY: Rome [20-24]\n-", [N, C]),
    ("lines", "PERSON\n- Nora Quill\n## CITY\n- Rome\n-", [N, C]),
    ("lines", "Label: PERSON\nText: Nora Quill\n\nLabel: CITY\nText: Rome\n-", [N, C]),
    ("tags", T.replace("Rome", "[CITY]Rome[/CITY]"), [C]),
    ("tags", T.replace("Rome", "[CITY: Rome]"), [C]),
    ("tags", T.replace("Rome", "{{CITY:Rome}}"), [C]),
    ("tags", T.replace("Rome", "{Rome|CITY}"), [C]),
    ("tags", T.replace("Rome", "«CITY»Rome«/CITY»"), [C]),
    ("tags", T.replace("Rome", "**Rome** (CITY)"), [C]),
    ("json", '[["PERSON","None"],["CITY","Rome"]]', [C]),
    ("json", '{"PERSON":["Nora Quill"],"EMAIL":["."],"PHONE":["n/a"]}', [N]),
    ("json", '[{"label":"EMAIL","text":"-"},{"label":"CITY","text":"Rome"}]', [C]),
    ("lines", "PERSON: N/A\nCITY: Rome\n-", [C]),
    ("lines", "EMAIL: none\nCITY: Rome\n-", [C]),
    ("lines", "EMAIL: .\nCITY: Rome\n-", [C]),
    ("json", '[["PERSON","Nora Quill"]]<|endoftext|>[["CITY","Rome"]]', [N]),
    ("json", '[["PERSON","Nora Quill"]]</s>\n<s>[INST] x [/INST] [["CITY","Rome"]]', [N]),
    (
        "json",
        '[["PERSON","Nora Quill"]]<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nRome',
        [N],
    ),
    ("lines", "PERSON: Nora Quill\n-<end_of_turn>\n<start_of_turn>user\nCITY: Rome\n-", [N]),
    ("json", '[["PERSON","Nora Quill"]]\nuser\nRome?\nassistant\n[["CITY","Rome"]]', [N]),
    ("json", '<|im_start|>assistant\n[["PERSON","Nora Quill"]]<|im_end|>', [N]),
    (
        "tags",
        T.replace("Rome", "<CITY>Rome</CITY>")
        + "<|im_end|>\n<|im_start|>user\nmore <PERSON>Nora Quill</PERSON>",
        [C],
    ),
    (
        "json",
        '{"tool_calls":[{"function":{"name":"x","arguments":"[[\\"PERSON\\",\\"Nora Quill\\"]]"}}]}',
        [N],
    ),
    ("json", '{"name":"x","arguments":{"entities":[{"type":"PERSON","value":"Nora Quill"}]}}', [N]),
    ("json", '"[[\\"PERSON\\",\\"Nora Quill\\"]]"', [N]),
    ("json", '{"answer":"{\\"PERSON\\": [\\"Nora Quill\\"]}"}', [N]),
    ("json", '{"result":{"content":"[[\\"CITY\\",\\"Rome\\"]]"}}', [C]),
    ("json", '[["PERSON","Nora Quill",0.98],["CITY","Rome",1.0]]', [N, C]),
    ("json", '[["PERSON","Nora Quill","0.98"],["CITY","Rome","97%"]]', [N, C]),
    ("json", '[["PERSON","Nora Quill",{"score":0.9}],["CITY","Rome",null]]', [N, C]),
    ("json", '[["PERSON","Nora Quill",0,10],["CITY","Rome",20,24]]', [N, C]),
    ("json", '[{"entity":"Nora Quill","type":"PERSON","score":0.9,"start":0,"end":10}]', [N]),
    (
        "json",
        '[["Nora Quill","person"],["Rome","city"]]',
        [("person", "Nora Quill"), ("city", "Rome")],
    ),
    ("json", '[["PERSON","Nora Quill"],["Rome","CITY"]]', [N, C]),
    ("json", '{"Nora Quill":"PERSON","Rome":"CITY"}', [N, C]),
    ("lines", "Nora Quill: PERSON\nRome: CITY\n-", [N, C]),
    ("json", '[{"label":"Nora Quill","text":"PERSON"}]', [N]),
    (
        "json",
        '{"extractions":[{"extraction_class":"PERSON","extraction_text":"Nora Quill","attributes":{"city":"Rome"},"char_interval":{"start_pos":0,"end_pos":10}}]}',
        [N],
    ),
    (
        "json",
        '{"entities":[{"PERSON":"Nora Quill","PERSON_index":1,"PERSON_attributes":{"a":["Rome"]}}],"relations":[{"head":"Nora Quill","tail":"Rome","type":"LIVES_IN"}]}',
        [N],
    ),
    ("json", '[{"detected_text":"Nora Quill","detected_type":"PERSON"}]', [N]),
    ("json", '[{"pii_category":"PERSON","pii_value":"Nora Quill"}]', [N]),
    ("json", '[{"Entity Text":"Nora Quill","Entity Class":"PERSON"}]', [N]),
    (
        "json",
        '[{"mention":"Nora Quill","mention_type":"PERSON"},{"mention":"Rome","mention_type":"CITY"}]',
        [N, C],
    ),
    ("json", '[{"ner_tag":"PERSON","word":"Nora Quill"}]', [N]),
    ("json", '[{"tag_name":"PERSON","original_text":"Nora Quill"}]', [N]),
    ("json", '{"PERSON": ["Nora Quill"], // one\n "CITY": ["Rome"] /* two */}', [N, C]),
    ("json", '[["PERSON","Nora Quill"], # first\n["CITY","Rome"]]', [N, C]),
    ("json", '{"PERSON": "Nora Quill"}, "CITY": "Rome"}', [N, C]),
    ("json", '{"PERSON": ["Nora Quill"]}, {"CITY": ["Rome"]}', [N, C]),
    ("json", '{"PERSON": "Nora Quill"}\n"CITY": "Rome"}', [N, C]),
    ("json", '[[""PERSON"",""Nora Quill""]]', [N]),
    ("json", '"[[""PERSON"",""Nora Quill""],[""CITY"",""Rome""]]"', [N, C]),
    ("json", '{""PERSON"": [""Nora Quill""]}', [N]),
    ("json", '[[" PERSON ","Nora Quill"]]', [N]),
    ("json", '[["PERSON\\n","Nora Quill"]]', [N]),
    ("json", '[{"label":"PERSON ","text":"Nora Quill"}]', [N]),
    ("tags", T.replace("Rome", "<CITY> Rome </CITY>"), [C]),
    ("tags", T.replace("Nora Quill ", "<PERSON>Nora Quill </PERSON>"), [N]),
    ("tags", "<PERSON>Nora Quill</PERSON>\n<PHONE>555-0100</PHONE>", [N, PH]),
    ("tags", "- <PERSON>Nora Quill</PERSON>, <CITY>Rome</CITY>", [N, C]),
    ("tags", T.replace("Rome", '<CITY id="1">Rome</CITY>'), [C]),
    ("tags", T.replace("Rome", '<entity type="CITY" id="3">Rome</entity>'), [C]),
    ("tags", T.replace("Rome", "<span class='CITY'>Rome</span>"), [C]),
    ("tags", T.replace("Rome", "[Rome | CITY]"), [C]),
    ("tags", T.replace("Rome", "＜CITY＞Rome＜/CITY＞"), [C]),
    ("tags", T.replace("Rome", "&lt;CITY&gt;Rome&lt;/CITY&gt;"), [C]),
    ("tags", T.replace("Rome", "[Rome](CITY)"), [C]),
    ("tags", T.replace("Rome", "<CITY>Rome</>"), [C]),
    ("tags", T.replace("Rome", "<CITY>Rome<CITY>"), [C]),
    ("lines", "PERSON - Nora Quill\nCITY - Rome\n-", [N, C]),
    ("lines", "PERSON -> Nora Quill\nCITY → Rome", [N]),
    ("lines", "PERSON\tNora Quill\nCITY\tRome\n-", [N, C]),
    ("lines", "PERSON: Nora Quill; CITY: Rome\n-", [N, C]),
    ("lines", "PERSON: Nora Quill, Rome\n-", [N, ("PERSON", "Rome")]),
    ("lines", "PERSON:\n  - Nora Quill\nCITY:\n  - Rome\n-", [N, C]),
    ("lines", "**PERSON**\n- Nora Quill\n-", [N]),
    ("lines", "### PERSON:\n1. Nora Quill\n\n### CITY:\n1. Rome\n-", [N, C]),
    ("lines", "- Nora Quill (PERSON)\n- Rome (CITY)\n-", [N, C]),
    ("lines", "| PERSON | Nora Quill |\n| CITY | Rome |\n-", [N, C]),
    ("lines", "PERSON = Nora Quill\n-", [N]),
    ("lines", "Here are the entities:\nPERSON: Nora Quill\n-", [N]),
    ("lines", "PERSON — Nora Quill\n-", [N]),
    ("lines", "- **PERSON**: Nora Quill\n- **CITY**: Rome\n-", [N, C]),
    ("json", '[["PERSON","Nora Quill"],["CITY","Rome"],["ORG","-"],["ORG","unknown"]]', [N, C]),
    (
        "json",
        '```json\n{"entities": [{"text": "Nora Quill", "label": "PERSON", "start": 0, "end": 10}, {"text": "Rome", "label": "CITY", "start": 20, "end": 24},]}\n```',
        [N, C],
    ),
    ("json", '{"PERSON": "Nora Quill", "score": 0.9, "CITY": null}', [N]),
    ("json", "| Type | Value |\n|:--|--:|\n| PERSON | Nora Quill |\n| CITY | Rome |", [N, C]),
    ("json", "|#|Entity|Category|Start|\n|-|-|-|-|\n|1|Nora Quill|PERSON|0|\n|2|Rome|CITY|20|", [N, C]),
    ("lines", "| 类型 | 文本 |\n|---|---|\n| PERSON | Nora Quill |\n| CITY | Rome |\n", [N, C]),
    ("json", "label;text\nPERSON;Nora Quill\nCITY;Rome", [N, C]),
    ("json", "text\tlabel\nNora Quill\tPERSON\nRome\tCITY\n", [N, C]),
    ("json", 'type,value\n"PERSON","Nora Quill"\n"CITY","Rome"', [N, C]),
    ("json", "entities:\n  - label: PERSON\n    text: Nora Quill\n  - label: CITY\n    text: Rome", [N, C]),
    ("json", "- text: Nora Quill\n  start: 0\n  label: PERSON\n- text: Rome\n  label: CITY\n", [N, C]),
    ("json", "---\nPERSON:\n- 'Nora Quill'\nCITY:\n- 'Rome'\n", [N, C]),
    ("json", "PERSON: [Nora Quill]\nCITY: [Rome]", [N, C]),
    ("json", "- **PERSON**: Nora Quill\n- **CITY**: Rome", [N, C]),
    ("lines", '- type: "PERSON"\n  value: "Nora Quill"\n  score: 0.9\n- type: "CITY"\n  value: "Rome"\n', [N, C]),
    ("json", "<entities><entity><type>PERSON</type><text>Nora Quill</text></entity></entities>", [N]),
    ("json", "<item><value>Rome</value><label>CITY</label></item>", [C]),
    ("json", "Note: Rome is a city.\nThere is nothing personal in this text.", []),
    ("json", "Summary: Nora Quill lives in Rome", []),
]  # fmt: skip


@pytest.mark.parametrize(("target", "answer", "entities"), ANSWERS)
def test_what_an_answer_names(target: str, answer: str, entities: list[tuple[str, str]]) -> None:
    parsed = TARGETS.get(target).parse(T, answer)
    assert sorted((s.label, T[s.start : s.end]) for s in parsed.spans) == sorted(entities)


@pytest.mark.parametrize(
    ("answer", "start"),
    [
        ('[{"text":"Rome","label":"CITY","occurrence_index":2}]', 9),
        ('[{"text":"Rome","label":"CITY","start":9,"end":13}]', 9),
        ('[{"text":"Rome","label":"CITY","start":9,"end":12}]', 9),
        ('[{"text":"Rome","label":"CITY","start":10,"end":14}]', 9),
        ('[{"text":"Rome","label":"CITY","span":[9,13]}]', 9),
        ('[{"text":"Rome","label":"CITY","char_interval":{"start_pos":9,"end_pos":13}}]', 9),
        ('[{"text":"Rome","label":"CITY","start":5,"end":9}]', 0),
        ('[["CITY","Rome",9,13]]', 9),
        ('[["CITY","Rome",9]]', 9),
        ('[["CITY","Rome",2]]', 9),
    ],
)
def test_which_occurrence_is_meant(answer: str, start: int) -> None:
    (span,) = TARGETS.get("json").parse("Rome and Rome", answer).spans
    assert (span.start, span.end) == (start, start + 4)


def test_offsets_in_other_units() -> None:
    text = "😀 Rome 😀 Rome"
    for start in (text.rindex("Rome"), 11, 15):
        answer = f'[{{"text":"Rome","label":"CITY","start":{start}}}]'
        (span,) = TARGETS.get("json").parse(text, answer).spans
        assert span.start == 9


def test_one_string_under_two_labels() -> None:
    parsed = TARGETS.get("json").parse("NF-kB is", '[["protein","NF-kB"],["DNA","NF-kB"]]')
    assert {(span.label, span.start) for span in parsed.spans} == {("protein", 0), ("DNA", 0)}
    assert parsed.issues == ()


def test_a_placeholder_that_is_meant_has_a_number() -> None:
    """What an annotation marks can be written, and is no placeholder then."""
    from pii_sft.spans import Span, checked

    for name in ("json", "lines"):
        target = TARGETS.get(name)
        document = checked("d", "a - b None", [Span(2, 3, "X"), Span(6, 10, "X")])
        assert target.parse(document.text, target.render(document)).spans == document.spans
        assert target.parse(document.text, "X: -\n-" if name == "lines" else '[["X","-"]]').issues


def test_a_bullet_without_a_label_is_counted() -> None:
    parsed = TARGETS.get("lines").parse(T, "- Nora Quill\n- Rome\n-")
    assert parsed.issues.count("malformed_entity") == 2


@pytest.mark.parametrize("mark", ["Rome (CITY)", "Rome/CITY", "@@Rome##"])
def test_marks_that_do_not_say_where_they_begin_are_counted(mark: str) -> None:
    parsed = TARGETS.get("tags").parse(T, T.replace("Rome", mark))
    assert parsed.spans == ()
    assert "malformed_entity" in parsed.issues


@pytest.mark.parametrize(
    "said", [{"from": 12, "to": 16}, {"span": "12-16"}, {"at": 12}, {"char_offset": 12}]
)
def test_numbers_under_any_key_that_hold_the_string_are_its_place(said: dict[str, Any]) -> None:
    answer = json.dumps([{"label": "CITY", "text": "Rome", **said}])
    parsed = TARGETS.get("json").parse("Rome is not Rome", answer)
    assert [span.start for span in parsed.spans] == [12]


def test_offsets_in_front_of_a_label_alone_are_no_string() -> None:
    parsed = TARGETS.get("json").parse("20 miles to Rome", '[[20,24,"CITY"]]')
    assert (parsed.spans, parsed.unplaced, parsed.issues) == ((), (), ("malformed_entity",))


def test_a_line_with_a_label_that_is_not_understood_is_counted() -> None:
    parsed = TARGETS.get("lines").parse(T, "PERSON: Nora Quill\nCITY / Rome?\n-")
    assert "malformed_entity" in parsed.issues


def test_the_last_line_of_an_answer_that_ended_by_itself_is_whole() -> None:
    lines, answer = TARGETS.get("lines"), "PERSON: Nora Quill\nCITY: Rome"
    assert len(read_answer(lines, T, answer).spans) == 1
    assert [span.label for span in read_answer(lines, T, answer, ended=True).spans] == [
        "PERSON",
        "CITY",
    ]


def test_labels_that_are_words_for_parts_of_an_entity_stay_labels() -> None:
    """Keys of YAML complete each other only by a label that the text does not have."""
    spans = (Span(0, 10, "name"), Span(20, 24, "type"), Span(35, 43, "text"))
    lines = TARGETS.get("lines")
    document = Document("d", T, spans)
    parsed = lines.parse(T, lines.render(document))
    assert parsed.spans == spans
    assert parsed.status == "clean"


def test_the_rows_of_a_table_that_say_too_little_are_counted() -> None:
    parsed = TARGETS.get("json").parse(
        T, "| label | text |\n|---|---|\n| | Rome |\n| PERSON | Nora Quill |"
    )
    assert [span.label for span in parsed.spans] == ["PERSON"]
    assert parsed.issues == ("repaired", "malformed_entity")


@pytest.mark.parametrize("name", ["json", "lines", "tags"])
@pytest.mark.parametrize("cell", ["Nora\rQuill", "x" * 200_000], ids=["carriage return", "long"])
def test_columns_that_no_table_can_have_are_read_as_something_else(name: str, cell: str) -> None:
    for delimiter in ";,\t|":
        TARGETS.get(name).parse(T, f"label{delimiter}text\n{cell}{delimiter}b\n")


def test_half_of_a_surrogate_pair_is_no_label() -> None:
    """No file could store it, even where the text has the label instead of the string."""
    parsed = TARGETS.get("tags").parse("PERSON: ", "<PERSON>\ud800P</PERSON>ERSON: ")
    assert all(encodable(span.label) for span in parsed.spans)
    turned = TARGETS.get("json").parse("Call PERSON now", '[["PERSON","\\ud800P"]]')
    assert turned.spans == ()
