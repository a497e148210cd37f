"""Entities of a model and hits of rules, put together."""

from __future__ import annotations

import pytest

from pii_sft.inference.apply_rules import apply_rules
from pii_sft.inference.operating_point import RuleSettings, RuleUse
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.rules import Hit, Proof, Ruleset, ruleset
from pii_sft.spans import Span

TEXT = "Ann, ann@x.org, card 4012 8888 8888 1881 or 4012 8888 8888 1882"
EMAIL = (5, 14)
CARD, OTHER_CARD = (21, 40), (44, 63)


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    made = ruleset("network,money", ["EMAIL", "CARD", "PERSON", "PHONE"])
    assert made is not None
    return made


def applied(
    rules: Ruleset, *entities: PredictedSpan, least: float = 0.5, **uses: RuleUse
) -> list[tuple[int, int, str, str]]:
    settings = RuleSettings("network,money", uses)
    hits = rules.find(TEXT).found
    found = apply_rules(TEXT, entities, hits, rules, settings, lambda _: least)
    return [(each.start, each.end, each.label, each.source) for each in found]


def test_what_the_model_missed_is_added(rules: Ruleset) -> None:
    person = PredictedSpan(0, 3, "PERSON", 0.9)
    assert applied(rules, person) == [
        (0, 3, "PERSON", "model"),
        (*EMAIL, "EMAIL", "rule:EMAIL"),
        (*CARD, "CARD", "rule:CARD"),
    ]
    assert applied(rules, person, EMAIL=RuleUse(add=False), CARD=RuleUse(add=False)) == [
        (0, 3, "PERSON", "model")
    ]


def test_what_check_digits_prove_is_relabelled(rules: Ruleset) -> None:
    wrong = PredictedSpan(*CARD, "PHONE", 0.9)
    assert (*CARD, "CARD", "rule:CARD") in applied(rules, wrong)
    assert (*CARD, "PHONE", "model") in applied(rules, wrong, CARD=RuleUse(relabel=False))


def test_wrong_bounds_are_mended(rules: Ruleset) -> None:
    short = PredictedSpan(5, 10, "PERSON", 0.9)
    long = PredictedSpan(*(16, 40), "CARD", 0.9)
    found = applied(rules, short, long)
    assert (*EMAIL, "EMAIL", "rule:EMAIL") in found
    assert (*CARD, "CARD", "rule:CARD") in found
    kept = applied(rules, short, long, EMAIL=RuleUse(resize=False), CARD=RuleUse(resize=False))
    assert kept == [(5, 10, "PERSON", "model"), (16, 40, "CARD", "model")]


@pytest.mark.parametrize(("score", "label"), [(0.5, "EMAIL"), (0.96, "PERSON"), (None, "PERSON")])
@pytest.mark.parametrize("bounds", [EMAIL, (5, 10)], ids=["same bounds", "inside"])
def test_of_a_likely_hit_and_an_entity_the_surer_stays(
    rules: Ruleset, score: float | None, label: str, bounds: tuple[int, int]
) -> None:
    """An entity without a confidence stays: nothing says how sure it is."""
    hit = Hit(Span(*EMAIL, "EMAIL"), "EMAIL", Proof.LIKELY)
    entity = PredictedSpan(*bounds, "PERSON", score)
    (found,) = apply_rules(TEXT, [entity], [hit], rules, RuleSettings(), lambda _: 0.5)
    assert found.label == label
    assert (found.start, found.end) == (EMAIL if label == "EMAIL" else bounds)
    off = RuleSettings("network", {"EMAIL": RuleUse(relabel=False, resize=False)})
    assert apply_rules(TEXT, [entity], [hit], rules, off, lambda _: 0.5) == (entity,)


def test_an_entity_around_a_hit_stays(rules: Ruleset) -> None:
    around = PredictedSpan(0, len(TEXT), "PERSON", 0.9)
    assert applied(rules, around) == [(0, len(TEXT), "PERSON", "model")]


def test_wrong_check_digits_are_a_veto_only_where_asked_for(rules: Ruleset) -> None:
    typo = PredictedSpan(*OTHER_CARD, "CARD", 0.9)
    assert (*OTHER_CARD, "CARD", "model") in applied(rules, typo)
    assert (*OTHER_CARD, "CARD", "model") not in applied(rules, typo, CARD=RuleUse(veto=True))


def test_agreement_takes_the_higher_confidence(rules: Ruleset) -> None:
    hits = rules.find(TEXT).found
    unsure = PredictedSpan(*EMAIL, "EMAIL", 0.6)
    found = apply_rules(TEXT, [unsure], hits, rules, RuleSettings(), lambda _: 0.5)
    (email,) = [each for each in found if each.label == "EMAIL"]
    assert (email.source, email.score) == ("model", RuleUse().certain)


def test_rules_below_the_threshold_do_nothing(rules: Ruleset) -> None:
    assert applied(rules, least=0.999) == []
    assert applied(rules, EMAIL=RuleUse(certain=0.1), CARD=RuleUse(certain=0.1)) == []
