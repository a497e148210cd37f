"""Lazy registries: a visible table of names, extended by entry points, imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from importlib.resources.abc import Traversable
from typing import Generic, TypeVar

from pii_sft.errors import MissingExtraError, unknown_name

T = TypeVar("T")


class Registry(Generic[T]):
    """Implementations of one extension point by name.

    Args:
        kind: what the entries are, for messages (`"reader"`).
        group: entry-point group through which other packages add entries.
        builtin: name to `"module:attr"`; nothing is imported before `get`.
        extra: extra of this distribution that brings what the entries import; by name where not
            all need the same.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        builtin: Mapping[str, str],
        extra: str | Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.group = group
        self._extra = extra
        self._builtin = dict(builtin)

    @cached_property
    def _targets(self) -> dict[str, str]:
        from importlib.metadata import entry_points

        added = {point.name: point.value for point in entry_points(group=self.group)}
        return {**added, **self._builtin}

    def names(self) -> list[str]:
        """Names of all entries, sorted."""
        return sorted(self._targets)

    def get(self, name: str) -> T:
        """Import and return the entry called `name`.

        Raises:
            UsageError: there is no such entry; the message names the closest ones.
            MissingExtraError: the entry needs a package that is not installed.
        """
        # what is built in wins, so that finding it does not wait for all installed packages
        target = self._builtin.get(name) or self._targets.get(name)
        if target is None:
            raise unknown_name(self.kind, name, self.names())
        module, _, attribute = target.partition(":")
        try:
            entry: T = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            extra = self._extra if isinstance(self._extra, str) else (self._extra or {}).get(name)
            if extra is None or (error.name or "").startswith("pii_sft"):
                raise
            raise MissingExtraError(error.name or module, extra) from None
        return entry


def shipped(folder: Traversable) -> dict[str, Traversable]:
    """YAML files that come with the package, by name, sorted."""
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return {each.name.removesuffix(".yaml"): each for each in files if each.name.endswith(".yaml")}


def shipped_text(kind: str, name: str, files: Mapping[str, Traversable]) -> str:
    """The text of a file that comes with the package, comments included.

    Args:
        kind: what is named, for the message.
        name: as the user wrote it.
        files: what there is, see `shipped`.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in files:
        raise unknown_name(kind, name, files)
    return files[name].read_text("utf-8")
