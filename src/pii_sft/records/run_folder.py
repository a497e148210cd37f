"""The folder of a training run; only this module knows its layout."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files import read_json
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.run import RUN_NAME, Run, read_run

_ADAPTER_CONFIG = "adapter_config.json"
_MODEL_CONFIG = "config.json"
_PREDICTIONS = "predictions.jsonl"
_OPERATING_POINT = "operating_point.json"
_MODELS = "models"


class _AdapterConfig(msgspec.Struct):
    base_model_name_or_path: str


class RunFolder:
    """A run, or one of its checkpoints.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @cached_property
    def record(self) -> Run | None:
        """The record of the run; None if it was trained without `pii-sft train`.

        Raises:
            InputError: the record is damaged.
        """
        return read_run(self.path) or read_run(self.path.parent)

    @property
    def adapter_config(self) -> Path:
        """The configuration of the adapter by its own library."""
        return self.path / _ADAPTER_CONFIG

    @property
    def has_adapter(self) -> bool:
        """True if the run holds an adapter rather than a whole model."""
        return self.adapter_config.is_file()

    @property
    def predictions(self) -> Path:
        """File of its predictions unless told otherwise."""
        return self.path / _PREDICTIONS

    @property
    def operating_point(self) -> Path:
        """File of the operating point that was chosen for it."""
        return self.path / _OPERATING_POINT

    def check(self) -> None:
        """Refuse a folder that is not that of a finished run.

        Raises:
            UsageError: it is no folder of a run, or the training did not end.
        """
        if not self.path.is_dir():
            raise UsageError(
                f"There is no run folder {self.path}. Train first: pii-sft train RECIPE."
            )
        if self.record is None and not self.has_adapter:
            raise UsageError(
                f"{self.path} holds neither an adapter ({_ADAPTER_CONFIG}) nor the record of a "
                f"run ({RUN_NAME})."
            )
        if self.record is None or self.has_adapter:
            return
        if self.record.settings.get("finetuning_type", "lora") == "lora":
            raise UsageError(f"{self.path} holds no adapter. Did the training end?")
        if not (self.path / _MODEL_CONFIG).is_file():
            raise UsageError(f"{self.path} holds no model. Did the training end?")

    def base_model(self, given: str | None = None, *, needed: bool = True) -> str:
        """The model that the adapter belongs to; the run itself where it holds a whole model.

        A model that was a folder is looked for at its path, beside the run, in the folders above
        the run and in `models/` of each, and never on a network.

        Args:
            given: a folder or hub name to take instead.
            needed: whether it is to be loaded; otherwise a folder may be gone.

        Raises:
            UsageError: it was a folder, is needed, and is found nowhere.
        """
        if not self.has_adapter:
            return str(self.path)
        if given is not None:
            return given
        name = self._base_name()
        was_folder = self.record.model_folder if self.record is not None else ""
        places = list(dict.fromkeys(self._places(name, was_folder)))
        found = next((place for place in places if (place / _MODEL_CONFIG).is_file()), None)
        if found is not None:
            return str(found)
        if not was_folder and not _is_path(name):
            return name
        if not needed:
            return was_folder or str(Path(name).absolute())  # no hub has it under that name
        looked = "\n".join(f"  {place}" for place in places)
        raise UsageError(
            f"The base model of {self.path} was the folder {was_folder or name}, which is not "
            f"there any more. Looked for it in\n{looked}\nPut it into one of these places, or "
            "name it with --model."
        )

    @property
    def dataset(self) -> DatasetFolder | None:
        """Find the data set it was trained on, also from a folder above; None if it is gone."""
        if self.record is None:
            return None
        named = Path(self.record.dataset)
        places = [named, *(folder / named for folder in self.path.resolve().parents)]
        found = (DatasetFolder(place) for place in places)
        return next((each for each in found if each.exists), None)

    def _base_name(self) -> str:
        if self.record is not None:
            return str(self.record.settings["model_name_or_path"])
        return read_json(self.adapter_config, _AdapterConfig).base_model_name_or_path

    def _places(self, name: str, was_folder: str) -> list[Path]:
        places = [Path(name)]
        if was_folder:
            places.append(Path(was_folder))
        base = Path(was_folder or name).name
        for folder in self.path.resolve().parents:
            if not Path(name).is_absolute():
                places.append(folder / name)
            places += [folder / base, folder / _MODELS / base]
        return [*places, Path(_MODELS) / base]


def _is_path(name: str) -> bool:
    """True if a name is no hub name, which is one word or two with a slash between them.

    A run of an older version does not say whether its model was a folder; `models/` is where
    `pii-sft model` puts them.
    """
    return (
        name.startswith((".", "/", "~", f"{_MODELS}/"))
        or name.count("/") > 1
        or name.endswith("/")
        or "\\" in name
    )
