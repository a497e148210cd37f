"""The numbers of seqeval: its own stated ones, and those of the package on generated tags."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.errors import UsageError
from pii_sft.evaluators import Prediction
from pii_sft.evaluators.compat import COMPAT, compat, compat_files
from pii_sft.evaluators.compat.seqeval import Seqeval, of_pairs, seqeval
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS
from tests.conftest import ROOT, Program

VECTORS = ROOT.parent / "shared" / "reference" / "vectors.json"
SCHEMES = ("IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")
AVERAGES = {"micro avg", "macro avg", "weighted avg"}
TAGS = list[list[str]]

GOLD = [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]
PREDICTED = [["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]


@pytest.mark.parametrize("mode", ["default", "strict"])
def test_the_example_of_its_readme(mode: Any) -> None:
    half = {"precision": 0.5, "recall": 0.5, "f1-score": 0.5}
    assert seqeval(GOLD, PREDICTED, mode=mode).to_dict() == {
        "MISC": {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 1},
        "PER": {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 1},
        **{name: {**half, "support": 2} for name in ("micro avg", "macro avg", "weighted avg")},
    }


def test_the_modes_differ_where_tags_are_not_well_formed() -> None:
    gold, predicted = [["B-NP", "I-NP", "O"]], [["I-NP", "I-NP", "O"]]
    assert seqeval(gold, predicted).micro.f1 == 1.0
    assert seqeval(gold, predicted, mode="strict", scheme="IOB2").micro.f1 == 0.0


def test_the_letter_may_stand_last() -> None:
    # `test_get_entities_with_suffix_style`
    tags = ["O", "O", "O", "MISC-B", "MISC-I", "MISC-I", "O", "PER-B", "PER-I"]
    for mode in ("default", "strict"):
        report = seqeval([tags], [tags], suffix=True, mode=mode)  # type: ignore[arg-type]
        assert list(report.labels) == ["MISC", "PER"]
        assert report.micro.support == 2


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
    report = seqeval([tags], [tags], mode="strict", scheme=scheme)
    assert {label: row.support for label, row in report.labels.items()} == found


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        (["B-A", "I-A", "O"], "IOB2"),
        (["E-A", "O"], "IOE2"),
        (["S-A"], "IOBES"),
        (["B-A", "I-A", "L-A", "U-B", "O"], "BILOU"),
    ],
)
def test_a_scheme_is_told_by_its_letters(tags: list[str], scheme: str) -> None:
    assert seqeval([tags], [tags], mode="strict") == seqeval(
        [tags], [tags], mode="strict", scheme=scheme
    )


@pytest.mark.parametrize(
    ("gold", "predicted", "options"),
    [
        ([["O"]], [["O", "O"]], {}),
        ([["O"]], [], {}),
        ([["O"]], [[""]], {}),
        ([["S-A", "U-A"]], [["O", "O"]], {"mode": "strict"}),
        ([["O"]], [["O"]], {"mode": "strict"}),
        ([["X-A"]], [["O"]], {"mode": "strict", "scheme": "IOB2"}),
        ([["S-A"]], [["O"]], {"mode": "strict", "scheme": "IOB2"}),
        ([["B-A"]], [["O"]], {"mode": "strict", "scheme": "IOB3"}),
    ],
)
def test_what_can_not_be_read_is_refused(
    gold: TAGS, predicted: TAGS, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        seqeval(gold, predicted, **options)


def test_nothing_scores_zero() -> None:
    for gold in ([], [["O"]]):
        report = seqeval(gold, gold)
        assert report.labels == {}
        assert report.macro.f1 == report.weighted.f1 == report.micro.f1 == 0.0


def document(text: str, *rows: tuple[int, int, str]) -> Document:
    return Document("d", text, tuple(Span(*row) for row in rows))


def test_spans_are_tags_of_characters() -> None:
    pairs = [
        (document("Ann Lee, Rome", (0, 7, "PER"), (9, 13, "LOC")), prediction((0, 7, "PER"))),
        (document("Oslo"), prediction((0, 4, "LOC"))),
    ]
    gold = [
        ["B-PER", *["I-PER"] * 6, "O", "O", "B-LOC", *["I-LOC"] * 3],
        ["O"] * 4,
    ]
    predicted = [["B-PER", *["I-PER"] * 6, *["O"] * 6], ["B-LOC", *["I-LOC"] * 3]]
    assert of_pairs(pairs) == seqeval(gold, predicted)
    assert of_pairs(pairs, "strict") == seqeval(gold, predicted, mode="strict")


def prediction(*rows: tuple[int, int, str]) -> Prediction:
    return Prediction(tuple(Span(*row) for row in rows))


def test_a_span_that_cuts_a_word_covers_it_among_words() -> None:
    pairs = [(document("Ann Lee, Rome", (0, 7, "PER")), prediction((0, 8, "PER")))]
    assert compat("seqeval", pairs).to_dict()["micro avg"]["f1-score"] == 0.0
    assert compat("seqeval-words", pairs).to_dict()["micro avg"]["f1-score"] == 1.0


def test_words_end_at_any_white_space() -> None:
    pairs = [(document("a\u3000b\n c", (0, 1, "A"), (2, 3, "B")), prediction((2, 6, "B")))]
    report = of_pairs(pairs, unit="words")
    assert report.micro.support == 2
    assert report.micro.f1 == 0.0


def test_what_does_not_fit_into_tags_is_said() -> None:
    nested = document("Bank of Rome  ", (0, 12, "ORG"), (8, 12, "LOC"))
    pairs = [(nested, prediction((0, 4, "ORG"), (12, 14, "X")))]
    characters, words = of_pairs(pairs), of_pairs(pairs, unit="words")
    assert list(characters.labels) == ["ORG", "X"]
    assert characters.notes == ("1 gold and 0 predicted spans do not fit into one row of tags",)
    assert list(words.labels) == ["ORG"]
    assert words.notes == ("1 gold and 1 predicted spans do not fit into one row of tags",)


def test_a_repeated_prediction_counts_once() -> None:
    pairs = [(document("Rome", (0, 4, "LOC")), prediction((0, 4, "LOC"), (0, 4, "LOC")))]
    assert of_pairs(pairs).micro.precision == 1.0
    assert of_pairs(pairs).notes == ()


def test_strict_mode_strips_hyphens_from_labels() -> None:
    pairs = [(document("Rome", (0, 4, "-A-")), prediction((0, 4, "A")))]
    assert compat("seqeval", pairs).to_dict()["micro avg"]["f1-score"] == 0.0
    assert compat("seqeval-strict", pairs).to_dict()["micro avg"]["f1-score"] == 1.0


def test_tables_hold_what_the_dictionary_holds() -> None:
    report = seqeval(GOLD, PREDICTED)
    (table,) = report.tables()
    assert list(table.rows) == list(report.to_dict())
    assert table.rows["PER"] == (1.0, 1.0, 1.0, 1)


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(UsageError, match="Known: nervaluate"):
        compat("sequal", [])


@pytest.mark.parametrize("name", COMPAT)
def test_every_tool_takes_pairs(name: str) -> None:
    numbers = compat(name, [(document("Rome", (0, 4, "LOC")), prediction((0, 4, "LOC")))])
    assert json.loads(json.dumps(numbers.to_dict())) == numbers.to_dict()
    assert all(table.rows for table in numbers.tables())


def vector(id: str) -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"{VECTORS} is not there")
    every = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    return next(each for each in every if each["id"] == id)


def tagged(sides: Iterable[Sequence[tuple[int, int, str]]], lengths: Sequence[int]) -> TAGS:
    documents = []
    for side, length in zip(sides, lengths, strict=True):
        tags = ["O"] * length
        for start, end, label in side:
            tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        documents.append(tags)
    return documents


def of_vector(each: dict[str, Any], **options: Any) -> Seqeval:
    both = zip(each["gold"], each["pred"], strict=True)
    lengths = [max((end for _, end, _ in (*one, *other)), default=0) for one, other in both]
    return seqeval(tagged(each["gold"], lengths), tagged(each["pred"], lengths), **options)


@pytest.mark.parametrize("mode", ["default", "strict"])
@pytest.mark.parametrize("id", ["seqeval_docstring", "seqeval_averages_fbeta"])
def test_reference_vectors(id: str, mode: str) -> None:
    each = vector(id)
    report = each["expected"].get("report", each["expected"])
    found = of_vector(each, mode=mode).to_dict()
    assert found.keys() == report.keys()
    for name, row in report.items():
        assert found[name] == pytest.approx(row, abs=1e-6)


def test_any_beta() -> None:
    each = vector("seqeval_averages_fbeta")
    for name, values in each["expected"]["fbeta_p_r_f"].items():
        beta, average = name.removeprefix("beta").split("_")
        row = getattr(of_vector(each, beta=float(beta)), average)
        assert (row.precision, row.recall, row.f1) == pytest.approx(values, abs=1e-6)


def test_recall_alone_at_an_infinite_beta() -> None:
    row = seqeval([["B-A", "B-A"]], [["B-A", "O"]], beta=float("inf")).micro
    assert row.f1 == row.recall == 0.5


def test_conlleval() -> None:
    each = vector("conll2000_sample")
    report = of_vector(each)
    for label, (*rates, support) in each["expected"]["per_label_p_r_f_support"].items():
        row = report.labels[label]
        assert (row.precision, row.recall, row.f1) == pytest.approx(tuple(rates), abs=1e-6)
        assert row.support == support


def tags(letters: str) -> st.SearchStrategy[TAGS]:
    names = [f"{letter}{rest}" for letter in letters for rest in ("-A", "-B", "-A-B", "")]
    return st.lists(st.lists(st.sampled_from(["O", *names]), max_size=7), min_size=1, max_size=4)


PAIRS_OF_TAGS = st.sampled_from(["BI", "I", "IE", "BIES", "BILU", "BIESX"]).flatmap(
    lambda letters: st.tuples(tags(letters), tags(letters))
)


@settings(max_examples=120, deadline=None)
@given(PAIRS_OF_TAGS, st.sampled_from([None, *SCHEMES]))
def test_the_package_says_the_same(pair: tuple[TAGS, TAGS], scheme: str | None) -> None:
    pytest.importorskip("seqeval")
    gold, predicted = _as_long(*pair)
    assert _same(seqeval(gold, predicted), _package(gold, predicted))
    theirs = _package(gold, predicted, mode="strict", scheme=scheme)
    try:
        ours = seqeval(gold, predicted, mode="strict", scheme=scheme)
    except UsageError:
        assert theirs is None
        return
    assert _same(ours, theirs)


def _as_long(gold: TAGS, predicted: TAGS) -> tuple[TAGS, TAGS]:
    both = list(zip(gold, predicted, strict=False))
    return (
        [one[: len(other)] for one, other in both],
        [other[: len(one)] for one, other in both],
    )


def _package(gold: TAGS, predicted: TAGS, **options: Any) -> dict[str, Any] | None:
    """The report of the package; None where it refuses the tags."""
    from seqeval import scheme as schemes
    from seqeval.metrics import classification_report

    if options.get("scheme"):
        options["scheme"] = getattr(schemes, options["scheme"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            report: dict[str, Any] = classification_report(
                gold, predicted, output_dict=True, **options
            )
        except (KeyError, ValueError):
            return None
    return report


def _same(ours: Seqeval, theirs: dict[str, Any] | None) -> bool:
    """Equal to the last bit; where no entity is found, the averages of the package are NaN."""
    if theirs is None:
        return False
    if theirs.keys() == AVERAGES:
        return not ours.labels
    return ours.to_dict() == theirs


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_spans_give_the_numbers_of_their_tags(data: st.DataObject) -> None:
    pytest.importorskip("seqeval")
    cuts = st.lists(st.integers(0, 20), max_size=6, unique=True).map(sorted)

    def flat() -> list[tuple[int, int, str]]:
        bounds = data.draw(cuts)
        return [
            (start, end, data.draw(st.sampled_from(["A", "B-C"])))
            for start, end in zip(bounds[::2], bounds[1::2], strict=False)
        ]

    documents = [(flat(), flat()) for _ in range(data.draw(st.integers(1, 3)))]
    gold, predicted = (list(side) for side in zip(*documents, strict=True))
    pairs = [
        (document("x" * 20, *one), prediction(*other))
        for one, other in zip(gold, predicted, strict=True)
    ]
    lengths = [20] * len(documents)
    assert _same(of_pairs(pairs), _package(tagged(gold, lengths), tagged(predicted, lengths)))


def test_files_have_the_numbers_of_their_pairs(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    pred.write_text('{"id":"a","output":"[[\\"NAME\\",\\"Ann\\"]]"}\n')
    target = TARGETS.get("json")
    found = compat_files("seqeval", pred, gold, target).to_dict()
    assert found["micro avg"]["f1-score"] == 0.0
    labels = LabelMap({"PER": "PERSON", "NAME": "PERSON"})
    mapped = compat_files("seqeval", pred, gold, target, labels=labels).to_dict()
    assert mapped["PERSON"] == {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 1}


@pytest.mark.parametrize("name", COMPAT)
def test_labels_that_a_model_made_up_are_not_shown(name: str, tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann in Rome","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    spans = [(0, 3, "Ann"), (4, 6, "in Rome"), (7, 11, "CITY")]
    rows = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    pred.write_text(json.dumps({"id": "a", "spans": rows}))
    numbers = compat_files(name, pred, gold, TARGETS.get("json"), known=["CITY"])
    text = json.dumps(numbers.to_dict()) + repr(numbers.tables())
    assert "Ann" not in text
    assert "Rome" not in text
    assert "CITY" in text
    assert "(unknown) 2" in text


def test_the_command_shows_both(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    words = ["score", "--pred", people_file, "--gold", people_file, "--ci", "0"]
    for name in COMPAT:
        done = pii_sft(*words, "--compat", name, "--json", f"{name}.json")
        assert done.returncode == 0, done.stderr
        assert name.partition("-")[0] in done.stdout
        assert max(map(len, done.stdout.splitlines()[1:])) <= 80
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert written["documents"] == 40
        assert list(written["compat"]) == [name]
    assert "compat" not in json.loads(pii_sft(*words, "--json", "-").stdout)
    assert f"[{'|'.join(COMPAT)}]" in "".join(pii_sft("score", "--help").stdout.split())
