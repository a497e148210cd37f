"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pii_sft.terminal import ShownPath

Command = TypeVar("Command", bound=Callable[..., Any])


PATH = click.Path(path_type=ShownPath)
"""A path on the command line, fit to stand in messages whatever characters its name has."""


def _hush(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del ctx, param
    if value:
        from pii_sft.report.console import be_quiet

        be_quiet()


def quiet(command: Command) -> Command:
    """Adds `--quiet`."""
    return click.option(
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_hush,
        help="No messages and no progress bars.",
    )(command)


def overwrite(command: Command) -> Command:
    """Adds `--overwrite`."""
    return click.option("--overwrite", is_flag=True, help="Replace files that exist.")(command)


def path_option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that holds a path."""
    return click.option(*names, type=PATH, **settings)


def printed_as(command: Command) -> Command:
    """Adds `--format`, which is `shape` to the command."""
    return click.option(
        "--format",
        "shape",
        type=click.Choice(["table", "markdown", "latex", "csv"]),
        default="table",
        show_default=True,
        help="How results are printed.",
    )(command)


def aligned(command: Command) -> Command:
    """Adds `--align-by`."""
    return click.option(
        "--align-by",
        type=click.Choice(["next", "first", "all"]),
        default="next",
        show_default=True,
        help="Which occurrence of a string answers mean: that in the order of the answer, the "
        "first, or all.",
    )(command)
