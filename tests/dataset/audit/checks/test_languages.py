"""Documents in another language than they say, or than was trained."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, in_splits, one, run


def test_languages(tmp_path: Path) -> None:
    documents = [
        each.replaced(meta={**each.meta, "language": "en"}) for each in in_splits(healthy())
    ]
    foreign = annotated(
        "zh", "昨天王小明没有来，他在北京的公司里开会，晚上才回家。", language="en", split="train"
    )
    assert [
        each.id for each in one(run(tmp_path, [*documents, foreign]), "language-names").places
    ] == ["zh"]
    tests = [
        annotated(f"z{n}", f"昨天王小明没有来，第{n}号。", ("王小明", "PERSON"), split="test")
        for n in range(10)
    ]
    found = one(run(tmp_path, documents + tests), "untrained-language")
    assert (found.finding.figures["script"], found.count) == ("Han", 10)
