"""Inputs are found, recognised, or refused with a message that helps."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.detect import detect, expand, find_inputs, find_sources
from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.readers.brat import READER as BRAT
from pii_sft.converters.readers.webanno import READER as WEBANNO
from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError, UsageError
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden"


def written(folder: Path, *names: str, content: str = "x") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def names_in(folder: Path, *readers: Any) -> list[str]:
    return [str(path.relative_to(folder.parent)) for path in expand([folder], readers)]


def test_folders_give_their_files(tmp_path: Path) -> None:
    written(tmp_path / "in", "b.jsonl", "a/z.json", "a/y.json", ".hidden/x", "a/.x", "c.json")
    assert names_in(tmp_path / "in") == [
        "in/a/y.json",
        "in/a/z.json",
        "in/b.jsonl",
        "in/c.json",
    ]


def test_files_about_the_data_are_no_data(tmp_path: Path) -> None:
    about = [
        "README",
        "readme.md",
        "LICENSE.txt",
        "Licence",
        "CITATION.cff",
        "notes.md",
        "label_config.xml",
        *("ATTRIBUTION", "annotation.conf", "figure.png", "data.sha256", "dataset_info.json"),
    ]
    written(tmp_path / "in", *about, "license_plates.jsonl", "source.jsonl")
    assert names_in(tmp_path / "in") == ["in/license_plates.jsonl", "in/source.jsonl"]
    written(tmp_path / "none", "README.md")
    with pytest.raises(InputError, match="holds no annotation"):
        find_sources([tmp_path / "none"], "auto")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        names_in(tmp_path / "empty")


ROW = '{"id": "d", "text": "Ann", "spans": []}\n'


def test_auxiliary_files_are_passed_over_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    written(folder, "a.jsonl", content=ROW)
    written(folder, "metadata.json", content='{"description": "x"}')
    written(folder, "ATTRIBUTION", "run.py", "manifest.json", "labels.txt")
    found = find_inputs([folder], "auto")
    assert [path.name for path, _ in found.sources] == ["a.jsonl"]
    assert sorted(path.name for path in found.passed_over) == [
        *("ATTRIBUTION", "labels.txt", "manifest.json", "metadata.json", "run.py")
    ]
    written(folder, "metadata.json", content=ROW)
    assert len(find_inputs([folder], "auto").sources) == 2
    with pytest.raises(UsageError, match="not recognised"):
        find_inputs([folder / "run.py"], "auto")


def test_all_unknown_files_of_a_folder_are_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    written(folder, "a.jsonl", content=ROW)
    written(folder, "b.xyz", "c.dat")
    written(folder, "d.csv", content="")
    with pytest.raises(UsageError) as caught:
        find_inputs([folder], "auto")
    for part in ("3 files", "b.xyz", "c.dat", "d.csv", "--unrecognised skip"):
        assert part in str(caught.value)
    found = find_inputs([folder], "auto", unrecognised="skip")
    assert [path.name for path in found.passed_over] == ["b.xyz", "c.dat", "d.csv"]


def test_settings_above_the_documents(tmp_path: Path) -> None:
    written(tmp_path / "in", "annotation.conf", "visual.conf", "letters/a.ann", "letters/a.txt")
    (tmp_path / "in/letters/a.ann").write_text("T1\tP 0 1\tx\n")
    found = find_inputs([tmp_path / "in"], "auto")
    assert [path.name for path, _ in found.sources] == ["letters"]


@pytest.mark.parametrize("writer", ["llamafactory", "documents", "conll", "presidio", "trl"])
def test_our_own_folders_are_read(writer: str, people_file: Path, tmp_path: Path) -> None:
    convert([people_file], writers=[writer], out=tmp_path / "out")
    found = find_inputs([tmp_path / "out"], "auto")
    assert len(found.sources) == (1 if writer == "documents" else 3)
    expected = "conll" if writer == "conll" else "presidio" if writer == "presidio" else "documents"
    assert {reader.name for _, reader in found.sources} == {expected}
    assert "manifest.json" in {path.name for path in found.passed_over}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_that_are_not_read_are_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(ROW.encode(encoding))
    for source in ("auto", "documents"):
        with pytest.raises(UsageError, match=r"is UTF-(16|32)"):
            find_inputs([path], source)


def test_a_broken_first_record_does_not_hide_the_format(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"text": "Ann", "entities": [{"start": 0, "end": 3, "label": "P"}]}'
    for broken in ('{"text": 3, "entities": []}', '{"x": 1}', '{"text": "", "entities": [1]}'):
        path.write_text(f"{broken}\n{good}\n")
        assert detect(path) == "char_spans"


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    written(tmp_path / "in", "a.json")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert names_in(tmp_path / "in") == ["in/a.json"]


def test_a_reader_may_claim_files_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    written(folder, "a.ann", "a.txt", "b.txt", "sub/c.ann", "sub/c.txt", "annotation.conf")
    assert names_in(folder, BRAT) == ["in", "in/sub"]
    written(folder, "other.jsonl")
    assert names_in(folder, BRAT) == ["in", "in/b.txt", "in/other.jsonl", "in/sub"]
    assert len(names_in(folder)) == 6


def test_two_readers_may_not_claim_one_folder(tmp_path: Path) -> None:
    written(tmp_path / "in", "a.ann", "a.txt")
    written(tmp_path / "in", "a.tsv", content="#FORMAT=WebAnno TSV 3.2\n")
    with pytest.raises(UsageError, match=r"files for brat and for webanno. Use --from"):
        names_in(tmp_path / "in", BRAT, WEBANNO)
    assert find_sources([tmp_path / "in"], "brat")[0] == (tmp_path / "in", BRAT)


def test_sources_are_files_with_their_readers() -> None:
    inputs = [GOLDEN / "brat" / "input", GOLDEN / "presidio" / "input.json"]
    found = find_sources(inputs, "auto")
    assert [(path, reader.name) for path, reader in found] == [
        (inputs[0], "brat"),
        (inputs[1], "presidio"),
    ]


def test_options_reach_the_reader(tmp_path: Path) -> None:
    written(tmp_path, "a.ann", "a.txt")
    ((_, reader),) = find_sources([tmp_path], "brat", {"discontinuous": "hull"})
    assert reader != BRAT
    assert repr(reader) == "BratReader(options=BratOptions(discontinuous='hull'))"
    with pytest.raises(UsageError, match="The presidio reader has no options"):
        find_sources([GOLDEN / "presidio" / "input.json"], "auto", {"a": "b"})
    with pytest.raises(UsageError, match="There is no reader"):
        find_sources([tmp_path], "bratt")


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        (
            "a.json",
            b'[{"Doc_ID": "secret", "secret name": 1, "Margaret": 2, "Labels": 3}]',
            "keys Doc_ID, Labels and others",
        ),
        (
            "a.json",
            json.dumps({f"id{'_' * n}": n for n in range(30)}).encode(),
            "id___________ and others",
        ),
        ("a.json", b'{"\xe7\xa7\x98\xe5\xaf\x86": 1}', "keys that no format here has"),
        ("a.json", b'{"Margaret": "PERSON", "secret": 1}', "keys that no format here has"),
        ("a.json", b"[[1, 2], [3]]", "JSON lists"),
        ("a.json", b'{"a": ', "its first value is broken"),
        ("a.json", b'{"a": "' + b"x" * (1 << 26), "first value has more than 64 MB"),
        ("a.bin", b"\x00\x01\x02", "a binary file"),
        ("a.xml", b"\n<root>secret</root>", "XML or HTML"),
        ("a.tsv", b"secret\tfile\n", "tab-separated columns with the suffix .tsv"),
        ("secret", b"secret words", "plain text with the suffix none"),
    ],
)
def test_what_is_not_recognised_is_described(
    name: str, content: bytes, seen: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        detect(path)
    assert seen in str(caught.value)
    assert "name it with --from: " in str(caught.value)
    for word in ("secret", "Margaret"):
        assert word not in str(caught.value).replace(str(path), "")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04 secret", "a ZIP archive; unpack it first"),
        (gzip.compress(b"secret", mtime=0), "a gzip archive; unpack it first"),
        (b"%PDF-1.7 secret", "a PDF file; annotation tools export text, which is what is read"),
    ],
)
def test_no_reader_is_offered_for_what_none_reads(
    content: bytes, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        detect(path)
    assert str(caught.value) == f"{path}: {kind}."


def test_two_readers_that_are_equally_sure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(BRAT), "sniff", lambda *_: 1.0)
    monkeypatch.setattr(type(WEBANNO), "sniff", lambda *_: 1.0)
    (tmp_path / "a").write_text("x")
    with pytest.raises(UsageError, match=r"could be brat or webanno\. Name it"):
        detect(tmp_path / "a")


def test_a_folder_that_nobody_claims(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a folder of files that do not belong together"):
        detect(tmp_path)


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_empty_files(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match="holds nothing"):
        detect(tmp_path / "a")


def test_an_empty_annotation_with_its_text_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.ann").touch()
    with pytest.raises(InputError, match="holds nothing"):
        detect(tmp_path / "a.ann")
    (tmp_path / "a.txt").write_text("Nobody is named here.")
    assert detect(tmp_path / "a.ann") == "brat"


def test_standard_input_has_no_name() -> None:
    with pytest.raises(UsageError, match="Name the format of standard input"):
        detect(Path("-"))


def test_a_long_first_record_is_read_to_its_end(tmp_path: Path) -> None:
    sample = {"full_text": "x" * 3_000_000, "spans": []}
    path = tmp_path / "long.json"
    path.write_text(json.dumps([sample, sample]))
    assert detect(path) == "presidio"
    assert len(read_head(path).data) < 4_500_000


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ('[{"a": 1}, {"a": 2}, {"a":', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('\ufeff [ ["a", {}], ["b", {}] ]', [["a", {}], ["b", {}]]),
        ('["a", {}]\n["b", {}]', [["a", {}], ["b", {}]]),
        ("[]", [[]]),
        ("", []),
        ("{", []),
        ("plain", []),
        (" " * 300_000 + "x", []),
        ("[" * 100_000, []),
        ('"a string"', []),
        (json.dumps([{"n": n} for n in range(200)]), [{"n": n} for n in range(50)]),
    ],
    ids=range(12),
)
def test_first_values(content: str, values: list[Any]) -> None:
    head = Head(Path("a"), content.encode())
    assert head.values == values
    assert head.records == [value for value in values if isinstance(value, dict)]
    assert head.record == (values[0] if values and isinstance(values[0], dict) else {})


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xff.jsonl"))
    path.write_text('{"text": "Ann", "spans": []}\n')
    with pytest.raises(UsageError, match="is not UTF-8"):
        find_sources([path], "documents")


def test_a_document_of_gate_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<?xml version='1.0'?>\n<GateDocument><Node id='0'/>Ann</GateDocument>")
    with pytest.raises(UsageError, match="GATE"):
        detect(path)
