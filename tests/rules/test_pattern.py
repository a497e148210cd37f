"""Rule files, the shipped ones and those of users."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.rules import Proof, RuleTimeoutError, ruleset
from pii_sft.rules.pattern import read_rules

LABELS = (
    *("EMAIL", "URL", "IP_ADDRESS", "BANK_CARD", "IBAN", "PHONE", "SSN", "ID_CARD", "PASSPORT"),
    *("CRYPTO", "MAC", "USCC"),
)


def found(text: str, least: Proof = Proof.LIKELY) -> list[tuple[str, str]]:
    rules = ruleset("builtin", LABELS)
    assert rules is not None
    return [
        (text[hit.span.start : hit.span.end], hit.span.label)
        for hit in rules.find(text).found
        if hit.proof >= least
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Write to ann.lee+x@mail.example.org. Is that it?",
            ("ann.lee+x@mail.example.org", "EMAIL"),
        ),
        ("邮箱minguo160@163.com谢谢", ("minguo160@163.com", "EMAIL")),
        ("mail queued to=djha@alex-may.com template", ("djha@alex-may.com", "EMAIL")),
        ("see http://www.a.org/b_(c)?d=e.", ("http://www.a.org/b_(c)?d=e", "URL")),
        ("(https://a.org/x)", ("https://a.org/x", "URL")),
        ("from ip 10.1.2.3.", ("10.1.2.3", "IP_ADDRESS")),
        ("host 2001:db8::ff00:42:8329 up", ("2001:db8::ff00:42:8329", "IP_ADDRESS")),
        ("my card 4012-8888-8888-1881 is", ("4012-8888-8888-1881", "BANK_CARD")),
        ("卡号6229083600444761569。", ("6229083600444761569", "BANK_CARD")),
        ("iban gb82 west 1234 5698 7654 32 is", ("gb82 west 1234 5698 7654 32", "IBAN")),
        ("SSN 536-22-1881", ("536-22-1881", "SSN")),
        ("social security number 536221881", ("536221881", "SSN")),
        ("身份证11010519491231002X，", ("11010519491231002X", "ID_CARD")),
        ("手机18433218196", ("18433218196", "PHONE")),
        ("卡号6225687917693673，预留手机16320163287", ("16320163287", "PHONE")),
        ("(+44 20 7946 0018)", ("+44 20 7946 0018", "PHONE")),
        ("call 415-555-2671 ext. 12", ("415-555-2671 ext. 12", "PHONE")),
        ("护照号码E15869232", ("E15869232", "PASSPORT")),
        (
            "pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "CRYPTO"),
        ),
    ],
)
def test_shipped_rules(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "version 14.5.2.122 of the firmware",
        "order 4012888888881882",
        "on 2000-04-16 11:34:35",
        "from 1977-1981 onwards",
        "时与法国发生激烈的大同盟战争（1688-1697年，又称",
        "total 1,234.56 and 12345.67",
        "regulation 2016/679",
        "ratio 10:20:30",
        "ann@@b.org",
        "SSN 000-12-3456",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert found(text) == []


def test_the_nearer_word_decides() -> None:
    assert found("account 07362171875") == []
    assert found("new account, direct line 07362 171875") == [("07362 171875", "PHONE")]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("软件版本正常\n10.1.2.3 已连接", 1),
        ("Firmware is new.\n10.1.2.3 answers", 1),
        ("版本：\n10.1.2.3", 0),
        ("version 10.1.2.3", 0),
    ],
)
def test_words_against_are_of_the_same_line_or_end_the_one_before(text: str, hits: int) -> None:
    assert len(found(text)) == hits


def rule_file(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_users_rule(tmp_path: Path) -> None:
    path = rule_file(
        tmp_path,
        "kinds: {STAFF: [EMPLOYEE_ID]}\n"
        "rules:\n  - {kind: STAFF, pattern: 'P\\d{5}', alone: nothing, context: [staff]}\n",
    )
    rules = ruleset(f"network,{path}", ["EMPLOYEE_ID"])
    assert rules is not None
    hits = rules.find("part P12345 is far away from here, which is why it is none; staff P54321")
    assert [(hit.span.start, hit.span.label, hit.kind) for hit in hits.found] == [
        (66, "EMPLOYEE_ID", "STAFF")
    ]


def test_a_file_of_kinds_names_labels_for_other_sets(tmp_path: Path) -> None:
    path = rule_file(tmp_path, "kinds: {EMAIL: [CORREO]}\n")
    rules = ruleset(f"network,{path}", ["CORREO"])
    assert rules is not None
    assert [hit.span.label for hit in rules.find("ann@x.org").found] == ["CORREO"]


def test_a_pattern_that_backtracks_is_stopped_and_named(tmp_path: Path) -> None:
    path = rule_file(
        tmp_path,
        "time_limit: 0.05\nrules:\n"
        "  - {kind: SLOW, pattern: '(a|aa|a[ab])+c(?<=x.*)', alone: likely}\n"
        "  - {kind: QUICK, pattern: 'bc', alone: likely}\n",
    )
    text = "a" * 400 + "bc"
    with pytest.raises(RuleTimeoutError, match="SLOW"):
        list(read_rules(path).find(text))
    rules = ruleset(str(path), ["SLOW", "QUICK"])
    assert rules is not None
    assert rules.find(text).stopped == ("SLOW",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rules:\n  - {kind: X, pattern: '('}\n", "rule 1"),
        ("rules:\n  - {kind: X, patern: 'a'}\n", "patern"),
        ("rules:\n  - {kind: X, pattern: a, check: nothing}\n", "nothing"),
        ("rules: [", "line"),
        ("rules: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        ("[" * 20_000, "nested too deeply"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_rules(rule_file(tmp_path, content))
