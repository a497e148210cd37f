"""Rules about the rows of a data set, read as LLaMA-Factory would read them.

Source: `data/parser.py` and `data/converter.py` of LLaMA-Factory 0.9.5. Columns and tags that
`dataset_info.json` does not name have defaults; once it names some of them, the others are unset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from pii_sft.findings import Finding
from pii_sft.recipe_lint.context import RecipeContext, error

Row = Mapping[str, Any]

_COLUMNS: dict[str, str | None] = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "history": None,
    "messages": "conversations",
    "system": None,
    "tools": None,
    "images": None,
    "videos": None,
    "audios": None,
    "chosen": None,
    "rejected": None,
    "kto_tag": None,
}
_TAGS: dict[str, str | None] = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
_KEYS = (
    *("file_name", "formatting", "columns", "tags", "subset", "split", "folder", "num_samples"),
    *("ranking", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name"),
)
_PASSED = ("format", "sha256")
"""Keys that are not a typing error: another spelling of `formatting`, and the digest that `convert
--task verify` adds."""

_FORMATTINGS = ("alpaca", "sharegpt", "openai")


class Layout(msgspec.Struct, frozen=True):
    """Layout of rows as an entry of `dataset_info.json` says it.

    Attributes:
        formatting: `alpaca` for instructions, `sharegpt` and `openai` for conversations.
        columns: the column of each part of a row; None where there is none.
        tags: the keys of a turn, and what its roles are called.
    """

    formatting: str
    columns: dict[str, str | None]
    tags: dict[str, str | None]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Layout:
        """Read an entry as LLaMA-Factory does."""
        columns, tags = entry.get("columns"), entry.get("tags")
        return cls(
            str(entry.get("formatting", "alpaca")),
            {key: columns.get(key) for key in _COLUMNS} if isinstance(columns, dict) else _COLUMNS,
            {key: tags.get(key) for key in _TAGS} if isinstance(tags, dict) else _TAGS,
        )

    @property
    def wanted(self) -> list[str]:
        """The columns that a row has to have."""
        alpaca = self.formatting == "alpaca"
        parts = ("prompt", "query", "response", "history") if alpaca else ("messages",)
        named = [self.columns[part] for part in (*parts, "system", "tools")]
        return [column for column in named if column]


def unknown_entry_key(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory ignores a misspelled key and uses its default."""
    for name, entry in _used(context):
        parts = {"": (entry, _KEYS), "columns": (entry.get("columns"), tuple(_COLUMNS))}
        parts["tags"] = (entry.get("tags"), tuple(_TAGS))
        for part, (given, known) in parts.items():
            for key in given if isinstance(given, dict) else ():
                if key in known or key in _PASSED:
                    continue
                near = get_close_matches(str(key), known, 1)
                where = f"{part} of {name}" if part else name
                yield error(
                    f"{where} in dataset_info.json has the key {key}, which LLaMA-Factory ignores",
                    f"write {near[0]}" if near else f"it knows {', '.join(known)}",
                )
        formatting = entry.get("formatting", "alpaca")
        if formatting not in _FORMATTINGS:
            yield error(
                f"the formatting of {name} in dataset_info.json is {formatting}",
                f"take one of {', '.join(_FORMATTINGS)}",
            )


def missing_columns(context: RecipeContext) -> Iterator[Finding]:
    """A column that no row has ends the run with a KeyError."""
    for name, entry, rows in _sampled(context):
        layout = Layout.of(entry)
        there = sorted({column for row in rows for column in row})
        missing = [column for column in layout.wanted if column not in there]
        if not layout.wanted or (layout.formatting != "alpaca" and not layout.columns["messages"]):
            yield error(
                f"columns of {name} in dataset_info.json does not name the one of the "
                f"{'prompt' if layout.formatting == 'alpaca' else 'messages'}; the rows have "
                f"{', '.join(there)}",
                "name it, or take columns out for its default",
            )
        if missing:
            fitting = _fitting(there)
            yield error(
                f"with formatting {layout.formatting}, LLaMA-Factory looks for the columns "
                f"{', '.join(layout.wanted)} in {name}, and its rows have {', '.join(there)}: "
                f"{', '.join(missing)} would be a KeyError",
                f"set formatting: {fitting} in dataset_info.json and name the columns"
                if fitting and fitting != layout.formatting
                else "name the columns of the rows under columns in dataset_info.json",
                figures={"rows": len(rows), "missing": len(missing)},
            )


def wrong_tags(context: RecipeContext) -> Iterator[Finding]:
    """Keys of a turn that no turn has end the run; roles that are not named skip the row."""
    for name, entry, rows in _sampled(context):
        layout = Layout.of(entry)
        turns = _turns(layout, rows)
        if not turns:
            continue
        there = sorted({key for turn in turns for key in turn})
        missing = [
            f"{tag} {layout.tags[tag] or 'unset'}"
            for tag in ("role_tag", "content_tag")
            if layout.tags[tag] not in there
        ]
        if missing:
            yield error(
                f"turns of {name} have the keys {', '.join(there)}, and dataset_info.json or its "
                f"default says {', '.join(missing)}: a KeyError",
                "name role_tag, content_tag, user_tag, assistant_tag and system_tag under tags in "
                "dataset_info.json",
            )


def skipped_rows(context: RecipeContext) -> Iterator[Finding]:
    """Rows that LLaMA-Factory skips, each with a warning that shows its text."""
    for name, entry, rows in _sampled(context):
        layout = Layout.of(entry)
        reasons = Counter(reason for row in rows if (reason := _skipped_for(layout, row)))
        for reason, number in reasons.most_common(3):
            yield error(
                f"{number} of the {len(rows)} rows of {name} that were looked at are not trained "
                f"on: {reason}",
                "mend the tags in dataset_info.json, or the rows; 'pii-sft convert' writes both",
                figures={"skipped": number, "rows": len(rows)},
            )


def _skipped_for(layout: Layout, row: Row) -> str | None:
    """Reason why a row is skipped or has no answer to learn; None if it is fine or ends the run."""
    if layout.formatting == "alpaca":
        column = layout.columns["response"]
        if column and column in row and not isinstance(row[column], str):
            return f"the column {column} of the answer holds no string"
        prompts = [layout.columns[part] for part in ("prompt", "query")]
        if any(each in row for each in prompts) and not any(row.get(str(each)) for each in prompts):
            return "there is neither an instruction nor an input"
        return None
    messages = row.get(str(layout.columns["messages"]))
    if not isinstance(messages, list):
        return f"the column {layout.columns['messages']} holds no list" if messages else None
    tags = layout.tags
    roles = [turn.get(str(tags["role_tag"])) for turn in messages if isinstance(turn, dict)]
    if len(roles) < len(messages):
        return "a turn is no object"
    if None in roles:
        return None
    if tags["system_tag"] and roles[:1] == [tags["system_tag"]]:
        roles = roles[1:]
    accepted = (
        (tags["user_tag"], tags["observation_tag"]),
        (tags["assistant_tag"], tags["function_tag"]),
    )
    known = {role for roles_of_side in accepted for role in roles_of_side if role}
    for at, role in enumerate(roles):
        if role in accepted[at % 2]:
            continue
        if role not in known:
            said = ", ".join(f"{tag}: {tags[tag]}" for tag in ("user_tag", "assistant_tag"))
            return f"a role is {str(role)[:40]}, and tags say {said}"
        return "user and assistant do not alternate, beginning with the user"
    if not roles:
        return "there is no turn besides the system's"
    contents = [turn.get(str(tags["content_tag"]), "") for turn in messages]
    if not all(isinstance(each, str) for each in contents):
        return f"the {tags['content_tag']} of a turn is no string"
    return "the last turn is not the assistant's" if len(roles) % 2 else None


def _fitting(columns: Sequence[str]) -> str | None:
    """The formatting that rows with such columns have."""
    if {"messages", "conversations"} & set(columns):
        return "sharegpt"
    return "alpaca" if {"instruction", "output"} <= set(columns) else None


def _turns(layout: Layout, rows: Sequence[Row]) -> list[Mapping[str, Any]]:
    column = layout.columns["messages"]
    if layout.formatting == "alpaca" or not column:
        return []
    lists = (row.get(column) for row in rows)
    return [turn for each in lists if isinstance(each, list) for turn in each if _is_row(turn)]


def _is_row(value: Any) -> bool:
    return isinstance(value, dict)


def _used(context: RecipeContext) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries that the recipe names."""
    for key in ("dataset", "eval_dataset"):
        for name in str(context.recipe.get(key) or "").split(","):
            entry = context.data.info.get(name.strip()) if context.data else None
            if isinstance(entry, dict):
                yield name.strip(), entry


def _sampled(context: RecipeContext) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    for name, entry in _used(context):
        rows = context.data.samples.get(name, ()) if context.data else ()
        if rows:
            yield name, entry, rows
