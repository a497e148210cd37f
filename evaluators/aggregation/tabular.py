"""Scores as flat rows, for data frames, for the loggers of trainers, and as a small table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pii_sft.errors import MissingExtraError
from pii_sft.evaluators.aggregation.results import Row, SchemeScores, Scores
from pii_sft.terminal import counted

AVERAGES = ("micro", "macro", "weighted")
_WIDTH = 24


def rows(scores: Scores) -> Iterator[dict[str, Any]]:
    """One mapping for each scheme and average or label, and one for characters.

    Yields:
        `scheme`, `average` and `label` (one of them None), each rate with its ends as
        `<rate>_low` and `<rate>_high`, and the counts.
    """
    for scheme, found in scores.schemes.items():
        for name, average, label in _names(found):
            row = found.labels[name] if average is None else getattr(found, average)
            yield {"scheme": scheme, "average": average, "label": label, **_cells(row)}
    yield {"scheme": "characters", "average": "micro", "label": None, **_cells(scores.characters)}


def _names(scheme: SchemeScores) -> Iterator[tuple[str, str | None, str | None]]:
    yield from ((name, name, None) for name in AVERAGES)
    yield from ((name, None, name) for name in scheme.labels)


def _cells(row: Row) -> dict[str, Any]:
    ends = {
        f"{name}_{bound}": end
        for name, both in row.ci.items()
        for bound, end in zip(("low", "high"), both, strict=True)
    }
    return {**row.rates, **ends, **row.counts}


def frame(scores: Scores) -> Any:
    """The rows as a pandas `DataFrame`; what a row does not have is NaN.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError:
        raise MissingExtraError("pandas", "frame") from None
    return pandas.DataFrame.from_records(list(rows(scores)))


def values(scores: Scores, *, by_label: bool = False) -> dict[str, float]:
    """Rates by name, as the loggers of trainers want them.

    Args:
        scores: to be logged.
        by_label: whether the rates of labels are wanted.

    Returns:
        The micro average of the first scheme under the bare names (`precision`, `recall`, `f1`),
        those of all schemes as `<scheme>_<rate>`, macro averages as `<scheme>_macro_<rate>`,
        labels as `<scheme>_<label>_<rate>`, `characters_<rate>`, and `false_alarm_rate`.
    """
    first = next(iter(scores.schemes.values()), None)
    found = dict(first.micro.rates) if first is not None else {}
    for name, scheme in scores.schemes.items():
        parts = {name: scheme.micro, f"{name}_macro": scheme.macro}
        if by_label:
            parts |= {f"{name}_{label}": row for label, row in scheme.labels.items()}
        for part, row in parts.items():
            found |= {f"{part}_{rate}": value for rate, value in row.rates.items()}
    found |= {f"characters_{rate}": value for rate, value in scores.characters.rates.items()}
    return {**found, **scores.documents_without_pii.rates}


def table(scores: Scores) -> str:
    """A small table: the micro average of every scheme, and the labels under the first."""
    if not scores.schemes:
        return counted(scores.documents, "document")
    first = next(iter(scores.schemes))
    rates = list(scores.schemes[first].micro.rates)
    lines = [_line(counted(scores.documents, "document"), rates)]
    lines += [_line(name, _rounded(each.micro)) for name, each in scores.schemes.items()]
    lines.append(_line("characters", _rounded(scores.characters)))
    if scores.schemes[first].labels:
        lines += ["", _line(f"{first}, by label", rates)]
        lines += [_line(*each) for each in _labelled(scores.schemes[first])]
    return "\n".join(lines)


def _labelled(scheme: SchemeScores) -> Iterator[tuple[str, list[str]]]:
    for label, row in scheme.labels.items():
        yield label, _rounded(row)
    yield "macro", _rounded(scheme.macro)


def _rounded(row: Row) -> list[str]:
    return [f"{value:.3f}" for value in row.rates.values()]


def _line(name: str, cells: list[str]) -> str:
    return f"{name:<{_WIDTH}}" + "".join(f"{cell:>11}" for cell in cells)
