"""The evidence that detectors look at: everything known about a run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from pii_sft.diagnosis.score_table import ScoreTable
from pii_sft.diagnosis.slices import Slices
from pii_sft.diagnosis.training_log import Floats, TrainingLog
from pii_sft.findings import Finding
from pii_sft.records.dataset_folder import Manifest


class Evidence(msgspec.Struct, frozen=True):
    """A run as it can be known from its files.

    Attributes:
        log: what it logged.
        settings: of the trainer; None if they are unknown.
        recipe: name of the recipe in commands.
        run: folder of the run; empty for a log alone.
        manifest: of its data set; None where it is not there.
        dataset: folder of the data set; empty if unknown.
        predictions: file of predictions that the scores are of; empty where there is none.
        scores: scores of its predictions; None if unknown.
        slices: recall by length and place, and confidence; None without predictions.
        goals: rates that are wanted, by name.
    """

    log: TrainingLog
    settings: Mapping[str, Any] | None = None
    recipe: str = "RECIPE"
    run: str = ""
    manifest: Manifest | None = None
    dataset: str = ""
    predictions: str = ""
    scores: ScoreTable | None = None
    slices: Slices | None = None
    goals: Mapping[str, float] = {}

    @property
    def report(self) -> Mapping[str, Any]:
        """Our own scores as JSON; empty where there are none."""
        return self.scores.report if self.scores is not None else {}

    def setting(self, key: str, default: float) -> float:
        """A numeric setting; the default where there is none."""
        value = (self.settings or {}).get(key)
        try:
            return default if value is None or isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return default

    def says(self, key: str) -> bool:
        """True if a setting is there and neither false, null, zero nor empty."""
        return bool((self.settings or {}).get(key))

    def train(self, *words: str, **changes: Any) -> str:
        """The command that trains again with other settings, in a folder of its own."""
        settings = [f"{key}={_word(value)}" for key, value in changes.items()]
        folder = [f"output_dir={self.run.rstrip('/')}-2"] if self.run else []
        return shlex.join(["pii-sft", "train", self.recipe, *settings, *folder, *words])

    @property
    def rate(self) -> float:
        """Give the peak of the learning rate, as set or else as logged; 0 if unknown."""
        logged = self.log.series("learning_rate").finite()
        return self.setting("learning_rate", float(logged.values.max()) if len(logged) else 0.0)

    @property
    def restarts(self) -> Floats:
        """Where the learning rate jumped back to at least half its peak."""
        import numpy as np

        rates = self.log.series("learning_rate").finite()
        if len(rates) < 4:
            return np.zeros(0)
        peak = float(rates.values.max())
        first = int(np.argmax(rates.values >= 0.9 * peak))
        rises = (rates.values[1:] >= 1.5 * rates.values[:-1]) & (rates.values[1:] >= 0.5 * peak)
        found = np.flatnonzero(rises) + 1
        return rates.at[found[found > first]]

    @property
    def end(self) -> float:
        """Where the run was to end: as planned, else where its log ends."""
        planned = self.log.total
        if self.log.unit == "epoch":
            planned = self.setting("num_train_epochs", planned or 0.0)
        return max(planned or 0.0, self.log.span[1])

    def place(self, at: float) -> str:
        """A step in words."""
        return f"{self.log.unit} {at:g}"


Detector = Callable[[Evidence], Iterator[Finding]]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
