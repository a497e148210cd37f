"""Every target writes what it can read, and reads whatever it is given."""

from __future__ import annotations

import pytest

from pii_sft.spans import Document
from pii_sft.targets import ISSUES, TARGETS, prove
from tests.conftest import annotated

EXAMPLES = [
    annotated("empty", "Nothing to see."),
    annotated("two", "Ann Lee met Bob in Rome.", ("Ann Lee", "PERSON"), ("Rome", "CITY")),
    annotated("chinese", "王小明住在北京。", ("王小明", "PERSON"), ("北京", "CITY")),
    annotated("emoji", "😀 Ann 👩‍👩‍👧 mail a@x.org", ("Ann", "PERSON"), ("a@x.org", "EMAIL")),
    annotated("escapes", 'She said "Ann \\ Bob".', ('"Ann \\ Bob"', "PERSON")),
]
GARBAGE = ["", " ", "[", "]", "{", "null", "[[", '["P"]', "<think>", "\ud83d", "[]" * 50, "否"]


@pytest.mark.parametrize("name", TARGETS.names())
class TestTarget:
    def test_it_says_what_it_is(self, name: str) -> None:
        target = TARGETS.get(name)
        assert target.name == name
        assert target.instruction
        assert type(target).__doc__

    @pytest.mark.parametrize("document", EXAMPLES, ids=lambda document: document.id)
    def test_it_reads_what_it_wrote(self, name: str, document: Document) -> None:
        target = TARGETS.get(name)
        answer = target.render(document)
        assert prove(target, document, answer)
        assert target.parse(document.text, answer).issues == ()

    @pytest.mark.parametrize("output", GARBAGE)
    def test_it_survives_anything(self, name: str, output: str) -> None:
        parsed = TARGETS.get(name).parse("Ann Lee", output)
        assert set(parsed.issues) <= ISSUES.keys()

    def test_it_shows_no_text(self, name: str) -> None:
        parsed = TARGETS.get(name).parse("Canary-4711", TARGETS.get(name).render(EXAMPLES[1]))
        assert "Ann" not in repr(parsed)
