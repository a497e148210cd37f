"""Roles of the tokens of an answer, with the real Qwen3 tokenizer."""

from __future__ import annotations

import pytest

from pii_sft.targets.token_roles import ROLES, Role
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [
        (
            "json",
            '[["PERSON","Ann Lee"]]',
            {"label": ["PERSON"], "surface": ["Ann", " Lee"], "more": ['["'], "end": ['"]]']},
        ),
        (
            "lines",
            "PERSON: Ann Lee\nEMAIL_ADDRESS#2: a\n-",
            {
                "label": ["_ADDRESS"],
                "surface": [" Ann", " Lee", " a"],
                "more": ["PERSON", "EMAIL"],
                "end": ["-"],
            },
        ),
        (
            "tags",
            "Hi <PERSON>Ann Lee</PERSON>.",
            {
                "label": ["PERSON"],
                "surface": ["Ann", " Lee"],
                "more": [" <"],
                "end": ["<|im_end|>"],
            },
        ),
    ],
)
def test_roles_of_tokens(
    tiny_model: Tiny, target: str, answer: str, expected: dict[Role, list[str]]
) -> None:
    from transformers import AutoTokenizer

    from pii_sft.training.token_weights import TokenWeights

    tokenizer = AutoTokenizer.from_pretrained(tiny_model("Qwen3"))
    weigh = TokenWeights(tokenizer, target, dict.fromkeys(ROLES, 1.0))
    ids = [*tokenizer.encode(answer), tokenizer.convert_tokens_to_ids("<|im_end|>")]
    ids += tokenizer.encode("\n")
    roles = weigh.roles(ids)
    assert {
        role: [tokenizer.decode([id]) for id, each in zip(ids, roles, strict=True) if each == role]
        for role in expected
    } == expected
