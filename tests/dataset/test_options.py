"""What decides the content of a data set: one struct, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from pii_sft.cli.convert import command
from pii_sft.dataset.options import ConvertOptions, Limits
from pii_sft.errors import UsageError


@pytest.mark.parametrize(
    "wrong",
    [
        {"negatives": 1.5},
        {"split": "train=0.5"},
        {"split": "dev=0.5,test=0.5", "negatives": 0.5},
        {"split": "dev=1", "oversample": "auto"},
        {"oversample": "2"},
        {"augment": "colour=0.5"},
        {"max_chars": 100, "max_tokens": 100, "tokenizer": Path("t")},
        {"max_tokens": 100},
        {"tokenizer": Path("t")},
        {"window_overlap": 10},
        {"max_chars": 10, "window_overlap": 10},
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ConvertOptions(**wrong)


def test_what_follows_from_options() -> None:
    plain = ConvertOptions()
    assert (plain.repetition, plain.alterations, plain.limits) == (None, {}, None)
    assert not plain.changes_training
    assert ConvertOptions(max_chars=80).limits == Limits(80, 10)
    assert ConvertOptions(max_chars=80, window_overlap=3).limits == Limits(80, 3)
    assert ConvertOptions(oversample="auto").changes_training
    assert ConvertOptions(augment="swap=0.5").alterations == {"swap": 0.5}


def test_the_manifest_holds_every_option() -> None:
    options = ConvertOptions(max_tokens=100, tokenizer=Path("some") / "folder")
    held = options.to_dict()
    assert [*held] == [field.name for field in msgspec.structs.fields(ConvertOptions)]
    assert held["tokenizer"] == "some/folder"


def test_every_field_is_an_option_of_the_command_with_its_default() -> None:
    options = {each.name: each for each in command.params if isinstance(each, click.Option)}
    context = click.Context(command)
    found = {
        field.name: options[field.name].get_default(context)
        for field in msgspec.structs.fields(ConvertOptions)
    }
    assert found == msgspec.structs.asdict(ConvertOptions())
    assert all(options[name].help for name in found)
