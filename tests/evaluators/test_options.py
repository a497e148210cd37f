"""How scores are computed: one struct, declared once."""

from __future__ import annotations

from typing import Any

import click
import msgspec
import pytest

from pii_sft.cli.score import command
from pii_sft.errors import UsageError
from pii_sft.evaluators import ScoreOptions
from pii_sft.evaluators.options import score_options


@pytest.mark.parametrize(
    "wrong",
    [
        {"schemes": ("strikt",)},
        {"beta": (0.0,)},
        {"beta": (float("nan"),)},
        {"ci": 1.0},
        {"ci": -0.1},
        {"resamples": 0},
        {"seed": -1},
        {"schemes": "strict"},
        {"schemes": None},
        {"schemes": (1,)},
        {"by": "label"},
        {"beta": 1},
        {"beta": ("1",)},
        {"ci": "0.95"},
        {"seed": None},
    ],
)
def test_what_can_not_be_is_refused_wherever_it_comes_from(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ScoreOptions(**wrong)
    with pytest.raises(UsageError):
        score_options(ScoreOptions(), wrong)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="resample"):
        score_options(None, {"resample": 3})


def test_every_field_is_an_option_of_the_command_with_its_default() -> None:
    options = {each.name: each for each in command.params if isinstance(each, click.Option)}
    context = click.Context(command)
    found = {
        field.name: options[field.name].process_value(
            context, options[field.name].get_default(context)
        )
        for field in msgspec.structs.fields(ScoreOptions)
    }
    assert found == msgspec.structs.asdict(ScoreOptions())
    assert all(options[name].help for name in found)
