"""The command line: one command a file, imported when it is called."""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click

from pii_sft import __version__
from pii_sft.errors import PiiSftError, unknown_name
from pii_sft.signals import end_by_exception
from pii_sft.terminal import printable_lines

COMMANDS = {
    "agree": "Measure the agreement of two annotations.",
    "audit": "Look for what in annotated data will spoil training or scores.",
    "compare": "Say which of two prediction files is better, and where.",
    "convert": "Turn annotation files into a data set for training.",
    "demo": "Convert, train, predict and score on embedded data, end to end.",
    "detect": "Find, mark or replace the entities of texts at hand, with a trained model.",
    "diagnose": "Find what went wrong in a training run, and what to change.",
    "formats": "List the formats that are read and written.",
    "export": "Merge an adapter into its model, with a model card.",
    "lr-range": "Measure which learning rates a recipe bears.",
    "mine": "Write what a model would open, as hard negatives for a verifier.",
    "model": "Write a model for recipes: the embedded one, or the text part of another.",
    "predict": "Find the entities of documents with a trained model.",
    "recipes": "List, show, copy and check training recipes.",
    "redact": "Replace the predicted or annotated spans of texts.",
    "rules": "List rules that know entities by their form, or score them.",
    "runs": "List training runs with scores and cost, or compare two.",
    "score": "Compare predicted spans with the gold annotation.",
    "serve": "Serve a trained model over HTTP, as Presidio does, with a page to try it.",
    "sweep": "Score every checkpoint of a run, and name the best.",
    "synth": "Make synthetic annotated documents.",
    "tune": "Choose an operating point for a recall that is asked for.",
    "train": "Train by a recipe, through LLaMA-Factory.",
}

HIDDEN = ("worker",)
"""Commands that other commands start."""

WRONG_USE = 2
INTERRUPTED = 130
CLOSED = 141
"""Exit code if the reader of standard output has closed it, as `head` does."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _ClosedError(Exception):
    """The reader of standard output has closed it; click would end with 1, a missed threshold."""


class _Failure(click.ClickException):
    """An expected failure, whose message says what to do."""

    exit_code = WRONG_USE

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message, to standard error unless told otherwise."""
        click.echo(f"Error: {self.message}", file, err=file is None)


class _Commands(click.Group):
    """Knows its commands by name; imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in alphabetical order."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        command: click.Command = import_module(f"pii_sft.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one was probably meant."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise unknown_name("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; foreseen failures end with exit code 2, others show no values."""
        from pii_sft.files import reading_once

        try:
            with reading_once():
                result = super().invoke(ctx)
                sys.stdout.flush()
                return result
        except PiiSftError as error:
            raise _Failure(str(error)) from None
        except (
            click.ClickException,
            click.exceptions.Exit,
            click.Abort,
            KeyboardInterrupt,
        ):
            raise
        except BrokenPipeError:
            raise _ClosedError from None
        except OSError as error:
            if os.environ.get("PII_SFT_DEBUG"):
                raise
            raise _Failure(_trouble(error)) from None
        except Exception as error:
            if os.environ.get("PII_SFT_DEBUG"):
                raise
            raise _Failure(_bug_report(error)) from None


def _trouble(error: OSError) -> str:
    """Give place and reason of an error of the operating system; neither holds document text."""
    if error.errno == errno.EBADF and error.filename is None:
        return "Standard input or output is needed, and closed. Name a file, or leave it open."
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_ROOM:
        reason += ". Free some space, or name another place; temporary files go where TMPDIR says"
    place = error.filename2 or error.filename
    return f"{place}: {reason}." if place is not None else f"{reason}."


def _bug_report(error: Exception) -> str:
    """Give the place of an unexpected exception, without its message, which may hold text."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {Path(each.filename).name}:{each.lineno} {each.name}" for each in frames[-6:]]
    return "\n".join(
        [
            f"{type(error).__name__}. This is a bug of pii-sft or of a package it calls; the "
            "message is withheld because it may quote a document. It came from:",
            *places,
            "Set PII_SFT_DEBUG=1 to see the whole traceback, message included.",
        ]
    )


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="pii-sft")
def cli() -> None:
    """Fine-tune a small language model to find personal data, and score it span by span."""


def _open_standard_streams() -> None:
    """Reopen standard streams that the caller closed, so that no other file gets their number.

    Messages to a closed standard error are dropped.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            flags = os.O_RDONLY if name == "stdout" else os.O_WRONLY
            if os.open(os.devnull, flags) != number:
                continue
            stream = os.fdopen(number, "r" if name == "stdin" else "w", closefd=False)
            setattr(sys, name, stream)


def main() -> None:
    """Entry point of the `pii-sft` program."""
    _open_standard_streams()
    end_by_exception()
    try:
        code = cli.main(prog_name="pii-sft", standalone_mode=False)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(printable_lines(shown.getvalue()), err=True, nl=False)
        _drop_what_is_held_back()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except (_ClosedError, BrokenPipeError):
        _drop_what_is_held_back()
        sys.exit(CLOSED)
    sys.exit(code if isinstance(code, int) else 0)


def _drop_what_is_held_back() -> None:
    """Keep Python from writing again, when it ends, what standard output has refused."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
