"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import click
import msgspec
from click.shell_completion import CompletionItem

from pii_sft.errors import UsageError
from pii_sft.terminal import ShownPath

Command = TypeVar("Command", bound=Callable[..., Any])

if TYPE_CHECKING:
    StringType = click.ParamType[str]
    PathType = click.ParamType[Path]
else:  # the type argument came with click 8.2
    StringType = PathType = click.ParamType


class Names(StringType):
    """Names of a registry, which the shell completes, also the last one of a list.

    Unknown names are refused where they are looked up.

    Args:
        known: gives the names; called when the shell asks.
    """

    name = "name"

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        self.known = known

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete what stands behind the last comma."""
        del ctx, param
        before, comma, begun = incomplete.rpartition(",")
        taken = before.split(",")
        return [
            CompletionItem(f"{before}{comma}{name}")
            for name in self.known()
            if name.startswith(begun) and name not in taken
        ]


class NamesOption(click.Option):
    """An option of `Names`, which its help lists in place of `{names}` when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help."""
        names = ", ".join(cast("Names", self.type).known())
        record = super().get_help_record(ctx)
        return record and (record[0], record[1].replace("{names}", names))


class RecipeName(PathType):
    """A recipe: a file of the user, or a shipped one by its name."""

    name = "recipe"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Find the recipe."""
        from pii_sft.recipe import recipe_file

        del param, ctx
        return recipe_file(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete names of shipped recipes, and files."""
        from pii_sft.recipe import shipped_recipes

        del ctx, param
        names = [CompletionItem(each) for each in shipped_recipes() if each.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


def listed(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[str]:
    """Collect names that were given with commas or by repetition, each once."""
    del ctx, param
    names = [name.strip() for value in values for name in value.split(",")]
    return list(dict.fromkeys(name for name in names if name))


def options_of(
    struct: type[msgspec.Struct], **more: dict[str, Any]
) -> Callable[[Command], Command]:
    """Adds an option for each field of a struct; the command gets the struct, as `options`.

    Field types, defaults and descriptions say what the options are; validation is the struct's.
    The `extra` of a field's `msgspec.Meta` may hold settings of `click.option`, and `option`, the
    name where it is not that of the field.

    Args:
        struct: of the options.
        more: settings of `click.option`, by field.
    """
    hints = get_type_hints(struct, include_extras=True)
    names = [field.name for field in msgspec.structs.fields(struct)]

    def declared(command: Command) -> Command:
        @wraps(command)
        def gathered(*args: Any, **values: Any) -> Any:
            return command(
                *args, options=struct(**{name: values.pop(name) for name in names}), **values
            )

        made: Any = gathered
        for field in reversed(msgspec.structs.fields(struct)):
            made = _declared(field, hints[field.name], more.get(field.name, {}))(made)
        return cast("Command", made)

    return declared


def _declared(
    field: msgspec.structs.FieldInfo, hint: Any, more: dict[str, Any]
) -> Callable[[Command], Command]:
    """The option of a field."""
    kind, metas = (
        (hint.__origin__, hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())
    )
    settings: dict[str, Any] = {"default": field.default}
    for meta in metas:
        settings |= {"help": meta.description, **(meta.extra or {}), **more}
    option = settings.pop("option", f"--{field.name.replace('_', '-')}")
    if get_origin(kind) is UnionType:
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        words = (f"{each:g}" if isinstance(each, float) else each for each in field.default)
        joined = ",".join(words)
        settings |= {
            "multiple": True,
            "default": (joined,) if joined else (),
            "callback": partial(_each, get_args(kind)[0]),
        }
    elif get_origin(kind) is Literal:
        settings.setdefault("type", click.Choice(get_args(kind)))
    else:
        settings.setdefault("type", PATH if kind is Path else kind)
    settings.setdefault("show_default", settings["default"] not in (None, ()))
    return click.option(option, field.name, **settings)


def _each(
    kind: Callable[[str], Any], ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[Any, ...]:
    """Collect values that were given with commas or by repetition."""
    words = listed(ctx, param, values)
    try:
        return tuple(map(kind, words))
    except ValueError:
        raise click.UsageError(f"{param.opts[0]} takes numbers, not {','.join(words)!r}.") from None


def reader_names() -> list[str]:
    """Formats that can be read, `auto` first."""
    from pii_sft.converters import READERS

    return ["auto", *READERS.names()]


def writer_names() -> list[str]:
    """Formats that can be written."""
    from pii_sft.converters import WRITERS

    return WRITERS.names()


def target_names() -> list[str]:
    """Ways to write an answer."""
    from pii_sft.targets import TARGETS

    return TARGETS.names()


def backend_names() -> list[str]:
    """Names of the back ends that generate."""
    from pii_sft.inference.backends import BACKENDS

    return BACKENDS.names()


def source_format(
    help: str = "Format of the inputs; 'pii-sft formats' has all of them.",
) -> Callable[[Command], Command]:
    """Adds `--from`, which is `source` to the command."""
    return click.option(
        "--from", "source", type=Names(reader_names), default="auto", show_default=True, help=help
    )


def recorded_target(command: Command) -> Command:
    """Adds `--target` for answers whose target may be recorded."""
    return click.option(
        "--target",
        type=Names(target_names),
        default=None,
        help="How answers are written.  [default: as recorded]",
    )(command)


PATH = click.Path(path_type=ShownPath)
"""A path on the command line whose name can be shown in messages, whatever characters it has."""


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


def sized(command: Command) -> Command:
    """Adds `--max-file-size` and `--max-record-size`, which hold while the command runs."""
    for name, text in (
        (
            "record",
            "Largest record of an input, such as 64MB or 1GB.  [default: 64MB]",
        ),
        (
            "file",
            "Largest input, unpacked.  [default: none where a format is streamed, else 4GB]",
        ),
    ):
        command = click.option(
            f"--max-{name}-size", metavar="SIZE", expose_value=False, callback=_limit, help=text
        )(command)
    return command


def _limit(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        from pii_sft.files import limited, parsed_size

        which = "file" if param.name == "max_file_size" else "record"
        ctx.with_resource(limited(**{which: parsed_size(value)}))


def overwrite(command: Command) -> Command:
    """Adds `--overwrite`, which never replaces a file that another option or argument names."""
    return click.option(
        "--overwrite", is_flag=True, callback=_keep_inputs, help="Replace files that exist."
    )(command)


_OUTPUTS = frozenset(
    {"out", "json_file", "html_file", "csv_file", "mapping", "list_folder", "dest"}
)


def _keep_inputs(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    del param
    if value:
        from pii_sft.files import never_replacing

        ctx.with_resource(never_replacing(lambda: _inputs_of(ctx)))
    return value


def _inputs_of(ctx: click.Context) -> Iterator[Path]:
    """List the files that the command line names as inputs, and the records beside predictions.

    Raises:
        UsageError: an output is a file of a data set, which only convert may replace.
    """
    if ctx.info_name != "convert":
        for name in _OUTPUTS & ctx.params.keys():
            _demand_no_data_set(ctx.params[name])
    for name, value in ctx.params.items():
        for word in value if isinstance(value, list | tuple) else [value]:
            if isinstance(word, str | Path) and name not in _OUTPUTS:
                # whatever is no name of a file
                with suppress(OSError, ValueError):
                    files = [path for path in paths_of([str(word)]) if path.is_file()]
                    yield from files
                    yield from (path.with_suffix(".meta.json") for path in files)


def _demand_no_data_set(output: Path | None) -> None:
    from pii_sft.records.dataset_folder import DatasetFolder

    owner = None if output is None else DatasetFolder.owning(Path(output))
    if owner is not None:
        raise UsageError(
            f"{output} belongs to the data set in {owner.path}, which convert alone replaces. Name "
            "another output."
        )


def trusted(command: Command) -> Command:
    """Adds `--trust-remote-code`."""
    return click.option(
        "--trust-remote-code", is_flag=True, help="Let code that comes with the model run."
    )(command)


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
        help="Which occurrence of a string an answer means: the next one in the order of the "
        "answer, the first, or all.",
    )(command)


def verified(command: Command) -> Command:
    """Adds `--verify`."""
    return click.option(
        "--verify",
        is_flag=True,
        help="Ask the model about each entity separately; the model must have been trained on "
        "rows of convert --task verify.",
    )(command)


def decoded(command: Command) -> Command:
    """Adds `--decode` and `--recall-bias`."""
    decode = click.option(
        "--decode",
        type=click.Choice(["auto", "anchored", "free"]),
        default="auto",
        show_default=True,
        help="Force the copy of the text (anchored), or let the model write it (free); auto "
        "forces it for the target tags, whose answers contain the copy.",
    )
    bias = click.option(
        "--recall-bias",
        type=float,
        default=None,
        help="Number added to the log-odds of opening an entity, if the copy is forced: above 0 "
        "more entities are found, below 0 fewer.  [default: that of the operating point, or 0]",
    )
    return decode(bias(command))


def paths_of(words: Sequence[str]) -> list[Path]:
    """Collect repeated paths, or paths with commas; an existing file with a comma is one path."""
    return [
        ShownPath(part)
        for word in words
        for part in ([word] if Path(word).exists() else word.split(","))
        if part
    ]


def in_language(command: Command) -> Command:
    """Adds `--language`, that of pages."""
    return click.option(
        "--language",
        type=click.Choice(["en", "zh"]),
        default="en",
        show_default=True,
        help="Language of the HTML page.",
    )(command)
