"""Rows of the verifier."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from pii_sft.dataset.verifier_rows import convert_verify
from pii_sft.errors import InputError, UsageError
from tests.conftest import Program, annotated

DOCUMENTS = [
    annotated("a", "Ann Lee lives in Rome.", ("Ann Lee", "PERSON"), ("Rome", "CITY")),
    annotated("b", "Nothing at all here."),
]


def rows(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "verify.jsonl").read_text("utf-8").splitlines()
    turns = [json.loads(line)["messages"] for line in lines]
    return [(turn[1]["content"], turn[2]["content"]) for turn in turns]


def mined(folder: Path, *spans: tuple[str, int, int, str]) -> Path:
    path = folder / "mined.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": id, "start": start, "end": end, "label": label, "score": 0.5}) + "\n"
            for id, start, end, label in spans
        )
    )
    return path


def test_as_many_made_negatives_as_gold_spans(tmp_path: Path) -> None:
    counts = convert_verify(DOCUMENTS, tmp_path / "v")
    found = rows(tmp_path / "v")
    assert ("PERSON\n[[Ann Lee]] lives in Rome.", "yes") in found
    assert ("CITY\nAnn Lee lives in [[Rome]].", "yes") in found
    assert Counter(answer for _, answer in found) == {"yes": 2, "no": 3}
    assert (counts.yes, counts.mined, counts.made) == (2, 0, 3)
    assert len(found) == len(set(found))


def test_mined_candidates_come_first_and_right_ones_are_no_negatives(tmp_path: Path) -> None:
    path = mined(
        tmp_path,
        ("a", 0, 3, "PERSON"),
        ("a", 0, 7, "PERSON"),
        ("a", 8, 13, "CITY"),
        ("b", 0, 7, "CITY"),
    )
    counts = convert_verify(DOCUMENTS, tmp_path / "v", path)
    found = rows(tmp_path / "v")
    assert ("PERSON\n[[Ann]] Lee lives in Rome.", "no") in found
    assert ("PERSON\n[[Ann Lee]] lives in Rome.", "no") not in found
    assert (counts.yes, counts.mined, counts.made) == (2, 3, 0)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        convert_verify(DOCUMENTS, tmp_path / name, seed=7)
    files = [(tmp_path / name / "verify.jsonl").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]


def test_candidates_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not fit"):
        convert_verify(DOCUMENTS, tmp_path / "v", mined(tmp_path, ("a", 0, 99, "PERSON")))
    assert not (tmp_path / "v").exists()


def test_one_model_can_learn_both_tasks(
    pii_sft: Program, tmp_path: Path, people_file: Path
) -> None:
    assert pii_sft("convert", people_file, "--out", "data").returncode == 0
    words = ("convert", people_file, "--task", "verify", "--beside", "data", "--out", "both")
    done = pii_sft(*words)
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "both/dataset_info.json").read_text())
    assert {"pii_verify", "pii_train", "pii_dev", "pii_test"} == set(entries)
    assert Path(entries["pii_train"]["file_name"]).exists()
    assert pii_sft("convert", people_file, "--mined", "x.jsonl").returncode == 2


def test_only_what_an_earlier_call_wrote_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "v"
    convert_verify(DOCUMENTS, out)
    with pytest.raises(UsageError, match="exists"):
        convert_verify(DOCUMENTS, out)
    convert_verify(DOCUMENTS[:1], out, overwrite=True)
    assert len(rows(out)) == 4
    for name in ("verify.jsonl", "dataset_info.json"):
        foreign = tmp_path / name.partition(".")[0] / name
        foreign.parent.mkdir()
        foreign.write_text("{}")
        with pytest.raises(UsageError, match="in the way"):
            convert_verify(DOCUMENTS, foreign.parent, overwrite=True)
        assert [path.name for path in foreign.parent.iterdir()] == [name]


def test_what_was_changed_since_is_not_replaced(tmp_path: Path) -> None:
    for name, new in (("verify.jsonl", "mine\n"), ("dataset_info.json", '{"my": {}, ')):
        out = tmp_path / name
        convert_verify(DOCUMENTS, out)
        text = (out / name).read_text()
        changed = new + text[1:] if name.endswith("info.json") else text + new
        (out / name).write_text(changed)
        with pytest.raises(UsageError, match=f"{name} changed since"):
            convert_verify(DOCUMENTS[:1], out, overwrite=True)
        assert (out / name).read_text() == changed


def test_candidates_of_another_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mined.jsonl"
    row = {"id": "a", "start": 0, "end": 3, "label": "PERSON", "score": 0.5}
    path.write_text(json.dumps({**row, "text_digest": DOCUMENTS[0].text_digest}))
    assert convert_verify(DOCUMENTS, tmp_path / "v", path).mined == 1
    path.write_text(json.dumps({**row, "text_digest": DOCUMENTS[1].text_digest}))
    with pytest.raises(InputError, match="mined in another text"):
        convert_verify(DOCUMENTS, tmp_path / "w", path)


def test_another_data_set_is_left_alone(tmp_path: Path, pii_sft: Program) -> None:
    line = {"id": "a", "text": "Ann", "spans": [{"start": 0, "end": 3, "label": "P"}]}
    (tmp_path / "in.jsonl").write_text(json.dumps(line) + "\n")
    assert pii_sft("convert", "in.jsonl", "--out", "d", "--split", "off").returncode == 0
    with pytest.raises(UsageError, match="holds another data set"):
        convert_verify(DOCUMENTS, tmp_path / "d", overwrite=True)
