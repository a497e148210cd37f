"""Tags are read as seqeval reads them: by scheme, and leniently as `conlleval.pl` does."""

from __future__ import annotations

import warnings
from collections import Counter
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.errors import UsageError
from pii_sft.evaluators.inputs.conlleval import read_leniently
from pii_sft.evaluators.inputs.tag_schemes import read_strictly, scheme_named

SCHEMES = ("IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")
Tags = list[list[str]]


def strict(tags: list[str], scheme: str) -> Counter[str]:
    return Counter(label for label, *_ in read_strictly(tags, scheme_named(scheme)))


@pytest.mark.parametrize(
    ("tags", "scheme", "found"),
    [
        (["B-PER"], "IOB1", {}),
        (["I-PER", "B-PER"], "IOB1", {"PER": 2}),
        (["B-PER", "I-ORG"], "IOB1", {"ORG": 1}),
        (["I-PER", "I-ORG"], "IOB2", {}),
        (["B-PER", "I-ORG"], "IOB2", {"PER": 1}),
        (["B", "B"], "IOB2", {"_": 2}),
        (["I-PER", "E-ORG"], "IOE1", {"PER": 1}),
        (["I-PER", "E-PER"], "IOE2", {"PER": 1}),
        (["E-PER", "E-ORG"], "IOE2", {"PER": 1, "ORG": 1}),
        (["B-PER", "E-PER"], "IOBES", {"PER": 1}),
        (["B-PER", "I-PER"], "IOBES", {}),
        (["S-PER", "E-PER"], "IOBES", {"PER": 1}),
        (["B-PER", "L-PER", "U-ORG"], "BILOU", {"PER": 1, "ORG": 1}),
        (["B-PER", "L-ORG"], "BILOU", {}),
    ],
)
def test_what_its_tests_of_schemes_state(
    tags: list[str], scheme: str, found: dict[str, int]
) -> None:
    assert strict(tags, scheme) == found


@pytest.mark.parametrize(
    ("tags", "scheme"), [(["X-A"], "IOB2"), (["S-A"], "IOB2"), (["B-A"], "IOB3")]
)
def test_what_can_not_be_read_is_refused(tags: list[str], scheme: str) -> None:
    with pytest.raises(UsageError):
        strict(tags, scheme)


def sequences(letters: str) -> st.SearchStrategy[Tags]:
    names = [f"{letter}{rest}" for letter in letters for rest in ("-A", "-B", "-A-B", "")]
    return st.lists(st.lists(st.sampled_from(["O", *names]), max_size=7), min_size=1, max_size=4)


LETTERS = st.sampled_from(["BI", "I", "IE", "BIES", "BILU", "BIESX"])


@given(LETTERS.flatmap(sequences))
def test_lenient_reading_is_that_of_the_package(tags: Tags) -> None:
    pytest.importorskip("seqeval")
    from seqeval.metrics.sequence_labeling import get_entities

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = [(label, first, last) for label, first, last in get_entities(tags)]
    stream = chain.from_iterable((*each, "O") for each in tags)
    assert list(read_leniently(stream)) == theirs


@given(LETTERS.flatmap(sequences), st.sampled_from(SCHEMES))
def test_strict_reading_is_that_of_the_package(tags: Tags, scheme: str) -> None:
    pytest.importorskip("seqeval")
    from seqeval import scheme as package

    try:
        entities = package.Entities(tags, getattr(package, scheme)).entities
        theirs = [sorted(each.to_tuple()[1:] for each in sequence) for sequence in entities]
    except (KeyError, ValueError):
        theirs = None
    try:
        named = scheme_named(scheme)
        ours = [
            sorted((label, first, last + 1) for label, first, last in read_strictly(each, named))
            for each in tags
        ]
    except UsageError:
        assert theirs is None
        return
    assert ours == theirs
