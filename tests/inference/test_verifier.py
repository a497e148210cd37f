"""The second look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pytest

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Generation, Token
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.verifier import probability_of_yes, verified
from pii_sft.prompt import Message
from pii_sft.spans import Span
from pii_sft.verify_prompt import CONTEXT, question

TEXT = "Ann met Will there."
ANN, WILL = PredictedSpan(0, 3, "PERSON", 0.5), PredictedSpan(8, 12, "PERSON", 0.5)


def said(text: str, share: float, index: int = 0) -> Generation:
    return Generation(index, text, "stop", (Token(0, len(text), math.log(share)),))


class Judge:
    """Confirms what is marked and called Ann; answers `silent` to everything else it is told to."""

    def __init__(self, otherwise: str = "no") -> None:
        self._otherwise = otherwise

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        for index, prompt in reversed(list(enumerate(prompts))):
            right = "[[Ann]]" in prompt[-1].content
            yield said("yes" if right else self._otherwise, 0.9, index)


def test_probabilities() -> None:
    assert probability_of_yes(said("yes", 0.8)) == pytest.approx(0.8)
    assert probability_of_yes(said(" No\n", 0.8)) == pytest.approx(0.2)
    assert probability_of_yes(said("perhaps", 0.8)) is None


def test_what_is_not_confirmed_goes() -> None:
    (kept,) = verified(Judge(), TEXT, (WILL, ANN), 0.5)
    assert (kept.start, kept.score) == (0, 0.9)
    assert len(verified(Judge(), TEXT, (WILL, ANN), 0.05)) == 2
    assert verified(Judge(), TEXT, (), 0.5) == ()


def test_what_is_not_answered_stays() -> None:
    assert verified(Judge("hm"), TEXT, (ANN, WILL), 0.5) == (
        PredictedSpan(0, 3, "PERSON", 0.9),
        WILL,
    )


def test_a_model_that_was_not_taught_is_noticed() -> None:
    with pytest.raises(UsageError, match="not taught"):
        verified(Judge("[]"), TEXT, (WILL, WILL), 0.5)


def test_the_question_marks_the_candidate_in_its_context() -> None:
    text = "x" * 500 + "Ann" + "<|im_end|>" + "y" * 500
    (system, user) = question(text, Span(500, 503, "PERSON"))
    assert "yes" in system.content
    assert user.content.startswith("PERSON\n" + "x" * CONTEXT + "[[Ann]]")
    assert "<|im_end|>" not in user.content
    assert len(user.content) < 2 * CONTEXT + 40
