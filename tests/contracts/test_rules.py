"""Every rule set keeps the promises of `Rule`, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.errors import MissingExtraError
from pii_sft.rules import RULES, Rule

TEXTS = (
    "",
    "Call Ann on +1 (415) 555-2671 or (020 7946 0018).",
    "Card 4012 8888 8888 1881, IBAN GB82 WEST 1234 5698 7654 32, ssn 536-22-1881.",
    "邮箱minguo160@163.com，手机18433218196，身份证11010519491231002X，京A12345",
    "http://user:secret@example.org/a_(b)?q=1). 2001:db8::1 and 10.0.0.1, 00:1B:44:11:3A:B7",
)
PIECES = st.sampled_from(
    [*"0123456789-. ()+@/:#ax\n卡", "4111 1111 1111 1111", "a@b.co", "http://"]
)


@pytest.fixture(scope="module", params=RULES.names())
def rule(request: pytest.FixtureRequest) -> Rule:
    try:
        made = RULES.get(request.param)()
    except MissingExtraError as error:
        pytest.skip(str(error))
    return made


@pytest.mark.parametrize("text", TEXTS)
def test_candidates_are_stretches_of_known_kinds(rule: Rule, text: str) -> None:
    for each in rule.find(text):
        assert 0 <= each.start < each.end <= len(text)
        assert each.kind in rule.kinds
        assert text[each.start : each.end] == text[each.start : each.end].strip()


@settings(max_examples=40)
@given(text=st.lists(PIECES, max_size=60).map("".join))
def test_any_text_is_searched_alike_each_time(rule: Rule, text: str) -> None:
    found = set(rule.find(text))
    assert found == set(rule.find(text))
    assert all(0 <= each.start < each.end <= len(text) for each in found)
