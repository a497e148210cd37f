"""How a run that `llamafactory-cli` trained has to be asked."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pii_sft.dataset.convert import convert
from pii_sft.errors import UsageError
from pii_sft.files import write_documents, write_json
from pii_sft.inference.finder import is_anchored
from pii_sft.inference.serving import serving_of_run
from pii_sft.spans import Document, Span

RUN = Path("runs/mine")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a training by recipe, data set and adapter alone."""
    monkeypatch.chdir(tmp_path)
    documents = [Document(f"d{n}", f"Ann{n} came.", (Span(0, 4, "PERSON"),)) for n in range(9)]
    write_documents(Path("documents.jsonl"), documents)
    convert([Path("documents.jsonl")], out=Path("data/mine"), target="lines")
    RUN.mkdir(parents=True)
    write_json(RUN / "adapter_config.json", {"base_model_name_or_path": "Qwen/Qwen3-0.6B"})
    return tmp_path


def test_a_recipe_that_writes_to_the_run_names_its_data(trained: Path) -> None:
    del trained
    Path("recipes").mkdir()
    recipe = "template: qwen3\ndataset_dir: data/mine\noutput_dir: runs/mine\n"
    Path("recipes/mine.yaml").write_text(recipe)
    serving = serving_of_run(RUN)
    assert (serving.target, serving.template, serving.labels) == ("lines", "qwen3", ("PERSON",))
    assert any("recipes/mine.yaml" in each for each in serving.assumptions)


def test_without_recipe_the_data_around_the_documents_is_asked(trained: Path) -> None:
    del trained
    assert serving_of_run(RUN, Path("data/mine/gold/test.jsonl")).target == "lines"
    with pytest.raises(UsageError, match="No recipe in recipes/ writes to this run"):
        serving_of_run(RUN)


def test_a_run_without_labels_says_where_to_put_them(trained: Path) -> None:
    """`detect` and `serve` have no option for it, so the advice has to work without one."""
    del trained
    serving = serving_of_run(RUN, Path("data/mine/gold/test.jsonl"))
    bare = msgspec.structs.replace(serving, target="tags", labels=())
    with pytest.raises(UsageError, match=r'pii_sft\.json of the run \("labels"'):
        is_anchored(bare, "auto")
