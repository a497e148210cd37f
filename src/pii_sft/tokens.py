"""Counting tokens with the tokenizer of a model, without loading the model's framework."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pii_sft.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER_NAME = "tokenizer.json"


def token_counter(tokenizer: Path) -> Callable[[str], int]:
    """A function that counts the tokens of a text, special tokens of the model not included.

    Args:
        tokenizer: folder of a model, or its `tokenizer.json`.

    Raises:
        UsageError: there is no such file, or it can't be read.
        MissingExtraError: tokenizers is not installed.
    """
    loaded = _loaded(tokenizer)

    def count(text: str) -> int:
        return len(loaded.encode(text, add_special_tokens=False).ids)

    return count


def token_ends(tokenizer: Path) -> Callable[[str], list[int]]:
    """A function that gives the end of each token of a text, in code points.

    Args:
        tokenizer: folder of a model, or its `tokenizer.json`.

    Raises:
        UsageError: there is no such file, or it can't be read.
        MissingExtraError: tokenizers is not installed.
    """
    loaded = _loaded(tokenizer)

    def ends(text: str) -> list[int]:
        return [end for _, end in loaded.encode(text, add_special_tokens=False).offsets]

    return ends


def _loaded(tokenizer: Path) -> Tokenizer:
    path = tokenizer / TOKENIZER_NAME if tokenizer.is_dir() else tokenizer
    if not path.is_file():
        raise UsageError(
            f"There is no {path}. Name the folder of a model that has a {TOKENIZER_NAME}; where "
            "only older files are, save_pretrained of an AutoTokenizer makes it."
        )
    if find_spec("tokenizers") is None:
        raise MissingExtraError("tokenizers", "tokens")
    from tokenizers import Tokenizer

    try:
        loaded = Tokenizer.from_file(str(path))
    except Exception as error:
        raise UsageError(f"{path} is not a tokenizer file.") from error
    loaded.no_truncation()
    loaded.no_padding()
    return loaded
