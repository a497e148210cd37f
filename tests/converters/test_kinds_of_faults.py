"""Files with one fault of a kind that real files showed: read rightly, or refused by its name."""

# ruff: noqa: E501

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import READERS
from pii_sft.converters.detect import detect
from pii_sft.errors import PiiSftError
from tests.converters.reading import outcome

T = "Rome is not Rome, said Nora."
WORDS, TAGS = ["Nora", "Quill", "met", "Rome"], ["B-PER", "I-PER", "O", "B-LOC"]
FOUND = [[("Nora Quill", "PER"), ("Rome", "LOC")]]


def entity(**more: Any) -> str:
    return json.dumps({"text": T, "entities": [{"text": "Rome", "label": "CITY", **more}]})


def columns(*rows: tuple[str, ...]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def tokens(words: Any, tags: Any, **more: Any) -> str:
    return json.dumps({"tokens": words, "ner_tags": tags, **more})


def cells(*cells: str) -> str:
    rows = [f'"{T}",{number},{cell},{number},1,x,x,1' for number, cell in enumerate(cells, 1)]
    return "\n".join(
        ("text,id,label,annotation_id,annotator,created_at,updated_at,lead_time", *rows)
    )


def task(kind: str, label: dict[str, Any]) -> str:
    value = {"start": 12, "end": 16, "text": "Rome", **label}
    result = [{"type": kind, "from_name": "x", "to_name": "text", "value": value}]
    return json.dumps([{"id": 1, "data": {"text": T}, "annotations": [{"result": result}]}])


REGION = json.dumps([{"start": 12, "end": 16, "text": "Rome", "labels": ["CITY"]}])
CELL = '"' + REGION.replace('"', '""') + '"'

READ: list[tuple[str, str, list[list[tuple[str, str]]]]] = [
    ("a.jsonl", '{"text": "a} {b", "spans": []} {"text": "b", "spans": []}{"text": "c", "spans": []}\n', [[], [], []]),
    ("a.jsonl", entity(where="12-16"), [[("Rome", "CITY")]]),
    ("a.jsonl", entity(extra={"pos": {"from": 12, "to": 16}}), [[("Rome", "CITY")]]),
    ("a.jsonl", json.dumps({"text": T, "entities": {"CITY": {"Rome": [[12, 16]]}}}), [[("Rome", "CITY")]]),
    ("a.csv", cells("[]", CELL), [[], [("Rome", "CITY")]]),
    ("a.csv", cells("null", CELL), [[], [("Rome", "CITY")]]),
    ("a.json", f"[{json.dumps({'id': 1, 'text': T, 'label': [json.loads(REGION)], 'annotation_id': 1, 'annotator': 1, 'lead_time': 1})}]", [[("Rome", "CITY")]]),
    ("a.txt", columns(("Nora", "b-per|b-role"), ("Quill", "i-per"), ("met", "o")), [[("Nora Quill", "per"), ("Nora", "role")]]),
    ("a.txt", columns(("Bank", "B-ORG|O"), ("of", "I-ORG|O"), ("Rome", "I-ORG|B-LOC"), ("won", "O|O"), ("it", "O|O")), [[("Bank of Rome", "ORG"), ("Rome", "LOC")]]),
    ("a.txt", columns(("Nora", "B-PER#B-ROLE"), ("Quill", "I-PER"), ("met", "O")), [[("Nora Quill", "PER"), ("Nora", "ROLE")]]),
    ("a.jsonl", tokens([f"en:{word}" for word in WORDS], TAGS), FOUND),
    ("a.txt", columns(*zip(TAGS, WORDS, strict=True)), FOUND),
    ("a.txt", "1 B-PER Nora\n2 I-PER Quill\n3 O met\n4 B-LOC Rome\n", FOUND),
    ("a.txt", "B-PER NNP Nora\nI-PER NNP Quill\nO VBD met\nB-LOC NNP Rome\n", FOUND),
    ("a.txt", columns(("PER", "Nora"), ("PER", "Quill"), ("O", "met"), ("O", "in"), ("LOC", "Rome")), FOUND),
    ("a.txt", columns(("Nora", "PER"), ("met", "O"), ("Rome", "LOC"), (".", "O")), [[("Nora", "PER"), ("Rome", "LOC")]]),
    ("a.txt", "Nora|B-PER\nQuill|I-PER\nmet|O\nRome|B-LOC\n\nRome|B-LOC\nwon|O\n", [*FOUND, [("Rome", "LOC")]]),
    ("a.csv", "token,label\nNora,person\nmet,O\nRome,city\n", [[("Nora", "person"), ("Rome", "city")]]),
    ("a.jsonl", tokens("['Nora' 'Quill' 'met' 'Rome']", "['B-PER' 'I-PER' 'O' 'B-LOC']"), FOUND),
    ("a.csv", f'tokens,ner_tags\n"{WORDS}","{TAGS}"\n', FOUND),
    ("a.jsonl", entity(span="12:16"), [[("Rome", "CITY")]]),
    ("a.jsonl", json.dumps({"text": T, "entities": [{"entity": "Rome", "label": "CITY", "span": "(12, 16)"}]}), [[("Rome", "CITY")]]),
    ("a.jsonl", json.dumps({"text": "Call 555-0100", "entities": [{"entity": "PHONE", "span": "555-0100"}]}), [[("555-0100", "PHONE")]]),
    ("a.json", json.dumps({"content": T, "annotation": [{"label": ["CITY"], "points": [{"start": 12, "end": 15, "text": "Rome"}]}]}), [[("Rome", "CITY")]]),
    ("a.jsonl", entity(idx=12), [[("Rome", "CITY")]]),
    ("a.jsonl", entity(idx=1), [[("Rome", "CITY")] * 2]),
    ("a.csv", f'text,entities\n"{T}","[{{\'start\': 12, \'end\': 16, \'label\': \'CITY\'}}]"\n', [[("Rome", "CITY")]]),
    ("a.csv", f'id;text;label\n1;"{T}";"[[12, 16, \'CITY\']]"\n', [[("Rome", "CITY")]]),
    ("a.csv", f"text;label\n{T};{CELL}\n", [[("Rome", "CITY")]]),
    ("a.txt", columns(("Nora", "B", "PER"), ("Quill", "I", "PER"), ("met", "O", "_"), ("Rome", "B", "LOC")), FOUND),
    ("a.txt", columns(("Nora", "PER", "B"), ("Quill", "PER", "I"), ("met", "", "O"), ("Rome", "LOC", "B")), FOUND),
    ("a.xml", "<t><TEXT>Dr Quill</TEXT><TAGS><NAME id='N0' spans='3~8' text='Quill' type='doctor'/><SMOKER id='S' status='no'/></TAGS></t>", [[("Quill", "doctor")]]),
    ("a.txt", "Met [Ann](PERSON) on [May 3](DATE/TIME).\n", [[("Ann", "PERSON"), ("May 3", "DATE/TIME")]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "entities"), READ)
def test_read(
    name: str, content: str, entities: list[list[tuple[str, str]]], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    made = outcome(READERS.get(detect(path)), path)
    pairs = zip(made.surfaces, made.labels, strict=True)
    assert (made.problems, [list(zip(*each, strict=True)) for each in pairs]) == ([], entities)


ODD = [("Nora", "B-PER"), ("Quill", "I-PER")]
REFUSED: list[tuple[str, str, str]] = [
    ("a.jsonl", entity(**{"from": "3", "to": "7"}), "`from`, `to`"),
    ("a.jsonl", entity(idx=[2, 6]), "`idx`"),
    ("a.jsonl", entity(places=[{"from": 0, "to": 4}, {"from": 12, "to": 16}]), "several places"),
    ("a.jsonl", json.dumps({"text": T, "start": 12, "end": 16, "label": "CITY"}), "one entity each"),
    ("a.csv", f'text,start,end,label\n"{T}",12,16,CITY\n', "one entity each"),
    ("a.csv", cells('"[{""labels"": [""CITY"'), "`label` holds no list of regions"),
    ("a.jsonl", entity(token_start=3, token_end=4), "`token_start`, `token_end`"),
    ("a.json", task("ner", {"ner": ["PER"]}), "without a label"),
    ("a.json", task("taxonomy", {"taxonomy": [["PER", "ROLE"]]}), "without a label"),
    ("a.json", task("choices", {"choices": ["PER"]}), "without a label"),
    ("a.jsonl", tokens(["Nora", "", "met"], ["O", "B-PER", "O"]), "empty token"),
    ("a.txt", columns(*ODD, ("met", "_"), ("_", "_")), "(_)"),
    ("a.txt", columns(*ODD, ("met", "X"), ("it", "O")), "(X)"),
    ("a.txt", columns(("[CLS]", "[CLS]"), *ODD, ("[SEP]", "[SEP]")), "[CLS]"),
    ("a.txt", columns(("Nora", "1"), ("Quill", "2"), ("met", "0")), "numbers for tags"),
    ("a.txt", columns(("Nora", "B-PER|ROLE"), ("Quill", "I-PER"), ("met", "O")), "one letter"),
    ("a.jsonl", tokens(["No", "##ra", "met"], ["B-PER", "I-PER", "O"]), "pieces of words"),
    ("a.jsonl", tokens(["▁Nora", "▁met"], ["B-PER", "O"]), "pieces of words"),
    ("a.jsonl", tokens(["de:Nora", "met", "de:Rome"], ["B-PER", "O", "B-LOC"]), "the de: of others"),
    ("a.jsonl", tokens(list("한국사람김철수"), ["B-LOC", "I-LOC", *["O"] * 5]), "spaces between words are lost"),
    ("a.jsonl", tokens(["a", 5], ["O", "O"]), "token 2"),
    ("a.jsonl", tokens(["a", "b"], [["O"], ["O"]]), "layer"),
    ("a.jsonl", tokens(WORDS, ["O"] * 4, ner_tags_fine=TAGS), "`ner_tags_fine`"),
    ("a.jsonl", tokens(WORDS, [1.0, 2.0, 0.0, 3.0]), "without names"),
    ("a.txt", "Mail [PII:EMAIL: a@b.org] or [CITY: Rome] now, [CITY: Oslo].\n[CITY: Bonn]\n", "two colons"),
    ("a.jsonl", json.dumps({"text": T, "spans": None}), "null"),
    ("a.jsonl", json.dumps({"text": T, "spans": [{"start": 0, "end": 4}]}), "has no label"),
    ("a.jsonl", json.dumps({"text": T, "label": [[0, 4]]}), "entity 1"),
    ("a.jsonl", json.dumps({"id": 1, "text": T}), "no annotation"),
    ("a.jsonl", '{"text": "a", "spans": [}\n', "line 1, character"),
    ("a.json", json.dumps([[["Nora", "B-PER"], ["met", "O"]], [["Rome", "B-LOC"]]]), "JSON lists"),
    ("a.jsonl", json.dumps({"data": {"text": T}, "ner": {"entities": [{"start": 0, "end": 4}]}}), "data, ner"),
    ("a.txt", f"<doc>\n<text>{T}</text>\n<entity start='0'>Rome</entity>\n</doc>\n", "XML"),
    ("a.json", json.dumps({"d1": {"text": T, "annotations": []}, "d2": {"text": T}}), "jq 'to_entries"),
    ("a.json", json.dumps({"examples": [{"content": T, "annotations": []}]}), "jq .examples"),
    ("a.json", json.dumps({"data_row": {"row_data": T}, "projects": {}}), "Labelbox"),
    ("a.json", json.dumps({"projectFileVersion": "1", "assets": {}}), "Azure"),
    ("a.json", json.dumps({"annotatable": {"parts": []}, "entities": []}), "tagtog"),
    ("a.json", json.dumps([{"documentName": "a", "document": T, "tokens": [{"text": "Rome"}], "relations": [], "classes": []}]), "UBIAI"),
    ("a.json", json.dumps([{"fields": {"text": T}, "responses": {}}]), "Argilla"),
    ("a.xml", "<?xml version='1.0'?>\n<TEI><text>Nora</text></TEI>\n", "TEI"),
    ("a.json", json.dumps({"rasa_nlu_data": {"common_examples": []}}), "rasa data convert"),
    ("a.jsonl", json.dumps({"instruction": "Find", "input": "Paul met", "output": '[["P","Zed"]]'}), "not in it"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "said"), REFUSED)
def test_refused(name: str, content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    try:
        made = outcome(READERS.get(detect(path)), path)
    except PiiSftError as error:
        reasons = [str(error), *(each.reason for each in getattr(error, "problems", []))]
    else:
        assert made.problems, made.documents
        reasons = [each.reason for each in made.problems]
    assert said in " ".join(reasons)
    assert T not in " ".join(reasons)
