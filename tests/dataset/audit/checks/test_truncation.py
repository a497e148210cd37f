"""What a trainer's cut takes away, counted with a real tokenizer."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from pii_sft.dataset.audit import AuditOptions
from pii_sft.dataset.audit.checks.truncation import kept_lengths
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, ids, one, run


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """One token a word or mark."""
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({"x": 0}, unk_token="x")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path / "tokenizer.json"
    made.save(str(path))
    return path


def test_rows_within_the_cutoff_lose_nothing(tokenizer: Path, tmp_path: Path) -> None:
    found = run(tmp_path, healthy(30), AuditOptions(near=False, tokenizer=tokenizer))
    assert "rows-beyond-cutoff" not in ids(found)
    assert found.figures["tokens"]["entities_lost"] == 0
    assert 40 < found.figures["tokens"]["median"] < 200


def test_entities_behind_the_cut_are_lost(tokenizer: Path, tmp_path: Path) -> None:
    text = "Ann Lee wrote this. " + "word " * 500 + "Signed by Bob Ray"
    long = annotated("long", text, ("Ann Lee", "PERSON"), ("Bob Ray", "PERSON"))
    options = AuditOptions(near=False, tokenizer=tokenizer, cutoff_len=300)
    found = run(tmp_path, [*healthy(30), long], options)
    cut = one(found, "rows-beyond-cutoff")
    assert [each.id for each in cut.places] == ["long"]
    assert cut.finding.figures["lost"] == 1
    assert cut.finding.figures["enough"] % 8 == 0
    assert f"--tokenizer {tokenizer}" in cut.finding.command


def test_answers_that_are_cut_lose_their_last_entities(tokenizer: Path, tmp_path: Path) -> None:
    names = [f"Ann{n} Lee{n}" for n in range(80)]
    many = annotated("many", "; ".join(names), *((name, "PERSON") for name in names))
    options = AuditOptions(near=False, tokenizer=tokenizer, cutoff_len=600)
    lost = one(run(tmp_path, [*healthy(30), many], options), "rows-beyond-cutoff")
    assert 10 < lost.finding.figures["lost"] < 80


@pytest.mark.train
def test_the_cut_is_that_of_the_trainer() -> None:
    processing = pytest.importorskip("llamafactory.data.processor.processor_utils")
    for lengths in product((0, 3, 40, 5000), (1, 5, 70, 9000), (8, 64, 2048)):
        assert kept_lengths(*lengths) == processing.infer_seqlen(*lengths)
