"""Tokens are counted with the model's own tokenizer file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.tokens import token_counter

tokenizers = pytest.importorskip("tokenizers")


def word_tokenizer(folder: Path) -> Path:
    """A tokenizer whose tokens are words, cut short after three, with one special token."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({"<s>": 0, "?": 1}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    made.enable_truncation(3)
    made.save(str(folder / "tokenizer.json"))
    return folder


def test_all_tokens_of_the_text_and_no_others(tmp_path: Path) -> None:
    folder = word_tokenizer(tmp_path)
    for path in (folder, folder / "tokenizer.json"):
        count = token_counter(path)
        assert count("one two three four five") == 5
        assert count("") == 0


def test_a_folder_without_a_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="save_pretrained"):
        token_counter(tmp_path)


def test_a_file_that_is_no_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match="is not a tokenizer file"):
        token_counter(tmp_path)


def test_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = word_tokenizer(tmp_path)
    monkeypatch.setattr("pii_sft.tokens.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"tokenizers.*pii-sft\[tokens\]"):
        token_counter(folder)
