"""A backend that knows its answers, in the place of a model; all around it is real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pii_sft.decoding.proposals import Anchored, Anchoring, Proposal
from pii_sft.inference import finder as module
from pii_sft.inference.backends import Question, Settings
from tests.records.test_run_folder import write_model, write_run


class KnownBackend:
    """Is sure of Ann, and not of Bob."""

    def __init__(self, settings: Settings) -> None:
        self.calls = 0
        self.working = False

    def generate(self, prompts: object) -> Iterator[object]:
        raise AssertionError("anchored runs are not asked to write")

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        assert not self.working, "asked by two threads at once"
        self.working = True
        self.calls += 1
        for index in reversed(range(len(questions))):
            text = questions[index].text
            found = [
                Proposal(at, at + 3, "PERSON", odds, -0.1, -0.1, taken=odds > 0)
                for name, odds in (("Ann", 3.0), ("Bob", -2.0))
                for at in range(len(text))
                if text.startswith(name, at)
            ]
            found.sort(key=lambda each: each.start)
            yield index, Anchored(tuple(found), 1, 1)
        self.working = False

    def count(self, text: str) -> int:
        return len(text)


class _Backends:
    def get(self, name: str) -> type[KnownBackend]:
        return KnownBackend


def known_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose model is such a backend."""
    monkeypatch.setattr(module, "BACKENDS", _Backends())
    model = write_model(folder / "models/tiny")
    return write_run(folder / "r", "models/tiny", model_folder=str(model), labels=["PERSON"])
