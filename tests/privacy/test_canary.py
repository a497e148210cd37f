"""A secret in the data reaches no message, whatever goes wrong."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from rich.pretty import pretty_repr

import pii_sft
from pii_sft.converters import Rejected, Row
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.inference.backends import Generation
from pii_sft.inference.predict import Row as PredictedRow
from pii_sft.prompt import Message
from pii_sft.recipe import Recipe
from pii_sft.spans import HoldsText, Span, checked
from tests.conftest import Program

CANARY = "Zyxwvu Canary-4711"

BROKEN = [
    f'{{"id": "a", "text": "{CANARY}", "spans": [{{"start": 0, "end": 99, "label": "P"}}]}}',
    f'{{"id": "a", "text": "{CANARY}", "spans": [{{"start": "{CANARY}", "end": 3}}]}}',
    f'{{"id": "a", "text": "{CANARY}", "spans": "{CANARY}"}}',
    f'{{"id": "a", "text": "{CANARY}"}}',
    f'{{"id": "a", "text": "{CANARY}", "spans": [',
    f'{{"input": "{CANARY}", "output": {{"entities": {{"P": ["{CANARY} absent"]}}}}}}',
    f'{{"input": "{CANARY}", "output": "{CANARY}"}}',
    f'{{"full_text": "{CANARY}", "spans": [{{"entity_type": "P", "entity_value": "{CANARY}x", '
    '"start_position": 0, "end_position": 4}]}',
    f"{CANARY}",
]


@pytest.mark.parametrize("policy", ["stop", "quarantine"])
@pytest.mark.parametrize("source", ["auto", "documents", "gliner", "presidio"])
@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_convert(number: int, source: str, policy: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from pii_sft.cli import cli

    path = tmp_path / "in.jsonl"
    path.write_text(BROKEN[number] + "\n")
    words = ["convert", str(path), "--from", source, "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(cli, [*words, "--on-error", policy])
    assert done.exit_code == 2, done.output
    assert CANARY not in done.output
    # What was set aside is all that is written where nothing is left, and nobody else may read it.
    left = list((tmp_path / "o").iterdir()) if (tmp_path / "o").exists() else []
    assert [each.name for each in left] in ([], ["rejected.jsonl"])
    assert policy == "quarantine" or not left
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in left)


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_audit(number: int, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from pii_sft.cli import cli

    path, good = tmp_path / "in.jsonl", tmp_path / "good.jsonl"
    path.write_text(BROKEN[number] + "\n")
    good.write_text(
        f'{{"id": "a", "text": " {CANARY} {CANARY}", "spans": [{{"start": 0, "end": 9, '
        '"label": "P"}]}\n'
    )
    words = ["audit", str(path), str(good), "--from", "documents", "--json", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert "unreadable-records" in done.output
    assert "white-space-edges" in done.output
    assert CANARY not in done.output
    assert CANARY not in (tmp_path / "out").read_text()


def test_no_repr_shows_text() -> None:
    document = checked("d", CANARY, [Span(0, 3, "P")])
    things = [
        document,
        Row("train", document, [Message("user", CANARY)], CANARY),
        Message("user", CANARY),
        Rejected(Problem("kind", "f", 1, "d", "reason"), CANARY.encode()),
        Generation(0, CANARY, "stop", ()),
        PredictedRow("d", CANARY, "stop", [], [], [], ""),
    ]
    for thing in things:
        assert CANARY not in repr(thing)
        assert CANARY not in str([thing])
        assert CANARY not in pretty_repr(thing, max_width=1000)


def test_a_repr_shows_names_and_offsets() -> None:
    shown = "Document(id='d', text=<6>, spans=(Span(start=0, end=3, label='P'),), meta=<1>)"
    document = checked("d", "secret", [Span(0, 3, "P")], {"note": CANARY})
    assert repr(document) == pretty_repr(document, max_width=1000) == shown


TEXTS = {"text", "full_text", "content", "output", "surface", "raw", "answers", "prompt"}
NO_TEXT = {"Note", "Template", "Mark", "Exported", "BlockJob", "Serving", "Manifest", "Run"}
NO_TEXT |= {"Found", "Columns"}
"""Structs whose fields of these names hold words of ours, a prompt, or places."""


def structs() -> Iterator[type[msgspec.Struct]]:
    for module in pkgutil.walk_packages(pii_sft.__path__, "pii_sft."):
        if module.name.endswith("__main__"):
            continue
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
    waiting = [msgspec.Struct]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from (each for each in found if each.__module__.startswith("pii_sft"))


def test_what_holds_text_has_a_repr_of_its_own() -> None:
    shown = {
        f"{each.__module__}.{each.__name__}"
        for each in structs()
        if TEXTS & set(each.__struct_fields__)
        and not issubclass(each, HoldsText)
        and each.__name__ not in NO_TEXT
        and not each.__name__.endswith("Options")
    }
    assert not shown


def test_errors_carry_places_not_text() -> None:
    with pytest.raises(RecordError) as caught:
        checked("d", CANARY, [Span(0, 99, "P")])
    assert CANARY not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert CANARY not in str(InputError([Problem("kind", "f", 1, "d", "reason")]))


@pytest.mark.parametrize("words", [("recipes", "check", "qwen1_5b"), ("worker", "{}", "x")])
def test_an_unforeseen_exception_loses_its_message(
    words: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the processes of a distributed run."""
    from click.testing import CliRunner

    from pii_sft import recipe
    from pii_sft.cli import cli

    def fail(*given: object) -> Recipe:
        raise ValueError(f"{CANARY}{given}")

    monkeypatch.setattr(recipe, "load_recipe", fail)
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert "ValueError" in done.output
    assert CANARY not in done.output


def test_files_are_private(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    done = pii_sft("convert", people_file, "--out", "deep/er/pii", umask=0)
    assert done.returncode == 0, done.stderr
    made = [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]
    assert len(made) > 8
    for path in made:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_core_commands_work_without_a_network(
    people_file: Path, tmp_path: Path, pii_sft: Program
) -> None:
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "sitecustomize.py").write_text(
        "import socket\n"
        "def refuse(*args, **kwargs):\n"
        "    raise OSError('no network in this test')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "block")}
    rows = [
        json.dumps({"id": document["id"], "output": "[]"})
        for document in map(json.loads, people_file.read_text().splitlines())
    ]
    (tmp_path / "empty.jsonl").write_text("\n".join(rows))
    for words in (
        ["convert", people_file, "--out", "pii"],
        ["recipes", "list"],
        ["synth", "--count", "5", "--out", "s.jsonl"],
        ["score", "--pred", "empty.jsonl", "--gold", people_file],
    ):
        done = pii_sft(*words, env=env)
        assert done.returncode == 0, done.stderr


def test_no_pickle_and_no_unsafe_yaml() -> None:
    root = Path(__file__).parents[2]
    sources = [
        path
        for folder in ("src/pii_sft", "converters", "evaluators")
        for path in (root / folder).rglob("*.py")
    ]
    assert len(sources) > 30
    for path in sources:
        text = path.read_text("utf-8")
        for forbidden in ("import pickle", "torch.load(", "yaml.load(", "yaml.unsafe", "eval("):
            found = re.findall(rf"(?<![\w.]){re.escape(forbidden)}", text)
            assert not found, (path, forbidden)
