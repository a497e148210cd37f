"""The library: one call for objects, a metric for training loops, and what they give back."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import pii_sft
from pii_sft import Document, Span, SpanMetric, compute_generated_metrics, compute_metrics, evaluate
from pii_sft.errors import MissingExtraError, RecordError, UsageError
from pii_sft.evaluators import Prediction
from pii_sft.evaluators.aggregation.tabular import rows, values
from pii_sft.evaluators.api import IGNORED
from tests.conftest import ROOT

GOLD = [[(0, 3, "PERSON"), (7, 11, "CITY")], [], [(2, 4, "CITY")]]
FOUND = [[(0, 3, "PERSON")], [(0, 2, "CITY")], [(2, 4, "PERSON")]]


def test_a_report_comes_back() -> None:
    report = evaluate(GOLD, FOUND)
    strict = report.to_dict()["schemes"]["strict"]
    assert report.to_dict()["documents"] == 3
    assert (strict["micro"]["correct"], strict["micro"]["possible"]) == (1, 3)
    assert strict["micro"]["ci"]["recall"][0] < strict["micro"]["recall"]
    assert strict["labels"]["PERSON"]["recall"] == 1.0


def test_options_reach_the_scorer() -> None:
    report = evaluate(GOLD, FOUND, schemes=("type",), beta=(3,), ci=0.0, by=("label",))
    assert list(report.scores.schemes) == ["type"]
    assert list(report.scores.schemes["type"].micro.rates) == ["precision", "recall", "f3"]
    assert report.breakdowns["label"]["CITY"]["taken_for"] == {"PERSON": 1}


def test_min_overlap_reaches_the_matching() -> None:
    for share, correct in ((0.5, 1), (0.6, 0)):
        report = evaluate([[(0, 10, "A")]], [[(0, 5, "A")]], min_overlap=share, ci=0.0)
        assert report.scores.schemes["type"].micro.counts["correct"] == correct


def test_min_iou_reaches_the_matching() -> None:
    for share, correct in ((0.5, 1), (0.6, 0)):
        report = evaluate([[(0, 10, "A")]], [[(0, 5, "A")]], min_iou=share, ci=0.0)
        assert report.scores.schemes["type"].micro.counts["correct"] == correct


def test_labels_may_stand_for_others() -> None:
    gold, found = [[(0, 3, "PER"), (4, 6, "X")]], [[(0, 3, "NAME"), (4, 6, "X")]]
    report = evaluate(gold, found, labels={"PER": "PERSON", "NAME": "PERSON"}, ci=0.0)
    assert list(report.scores.schemes["strict"].labels) == ["PERSON", "X"]
    assert report.scores.schemes["strict"].micro.rates["f1"] == 1.0


def test_inclusive_ends() -> None:
    gold = [[{"label": "A", "start": 0, "end": 3}]]
    found = [[Span(0, 4, "A")]]
    assert evaluate(gold, found, ci=0.0).scores.schemes["strict"].micro.rates["f1"] == 0.0
    report = evaluate(gold, found, ends="inclusive", ci=0.0)
    assert report.scores.schemes["strict"].micro.rates["f1"] == 1.0


def test_spans_that_only_touch_do_not_overlap() -> None:
    # nervaluate, which takes ends as inclusive, gives half a point
    report = evaluate([[(0, 4, "A")]], [[(4, 8, "A")]], ci=0.0)
    assert report.scores.schemes["partial"].micro.rates["f1"] == 0.0


def test_tags_score_as_in_seqeval() -> None:
    seqeval = pytest.importorskip("seqeval.metrics")
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "I-LOC", "I-PER"]]
    found = [["B-PER", "I-PER", "O", "O"], ["B-LOC", "I-LOC", "B-PER"]]
    report = evaluate(gold, found, ci=0.0).scores.schemes["strict"]
    assert report.micro.rates["f1"] == pytest.approx(seqeval.f1_score(gold, found))
    macro = seqeval.f1_score(gold, found, average="macro")
    assert report.macro.rates["f1"] == pytest.approx(macro)


def test_a_named_scheme() -> None:
    gold, found = [["B-PER", "I-PER"]], [["I-PER", "I-PER"]]
    strict = evaluate(gold, found, scheme="IOB2", ci=0.0).scores.schemes["strict"]
    assert strict.micro.rates["recall"] == 0.0
    assert evaluate(gold, found, ci=0.0).scores.schemes["strict"].micro.rates["recall"] == 1.0
    with pytest.raises(UsageError, match="tagging scheme"):
        evaluate(gold, found, scheme="BIO")


def test_lengths_need_texts() -> None:
    with pytest.raises(UsageError, match="texts"):
        evaluate(GOLD, FOUND, by=("length",))
    report = evaluate(GOLD, FOUND, texts=["x" * 11, "y" * 300, "z" * 4], by=("length",), ci=0.0)
    parts = report.breakdowns["length"]
    assert {name: part["documents"] for name, part in parts.items()} == {"0-199": 2, "200-999": 1}


def test_bad_items_are_refused() -> None:
    with pytest.raises(RecordError, match=r"gold\[1\]\[0\]"):
        evaluate([[], [(5, 2, "A")]], [[], []])


def test_nothing_scores_zero() -> None:
    assert evaluate([], []).to_dict()["documents"] == 0
    assert evaluate([[]], [[]]).scores.schemes["strict"].micro.rates["f1"] == 0.0


def test_frame() -> None:
    frame = evaluate(GOLD, FOUND).to_frame()
    strict = frame[frame.scheme == "strict"].set_index("label", drop=False)
    assert list(strict.average)[:3] == ["micro", "macro", "weighted"]
    assert strict.loc["PERSON", "recall"] == 1.0
    assert strict.loc["CITY", "support"] == 2
    micro = frame[(frame.scheme == "strict") & (frame.average == "micro")].iloc[0]
    assert micro.recall_low <= micro.recall <= micro.recall_high
    assert set(frame.scheme) == {"strict", "exact", "partial", "type", "characters"}
    assert frame[frame.scheme == "characters"].leaked.item() == 4


def test_rows_have_the_values_of_the_report() -> None:
    report = evaluate(GOLD, FOUND, ci=0.0)
    found = list(rows(report.scores))
    assert len(found) == 4 * (3 + 2) + 1
    assert found[0] == {
        "scheme": "strict",
        "average": "micro",
        "label": None,
        **report.scores.schemes["strict"].micro.rates,
        **report.scores.schemes["strict"].micro.counts,
    }


def test_a_frame_needs_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"pii-sft\[frame\]"):
        evaluate(GOLD, FOUND, ci=0.0).to_frame()


def test_as_a_string() -> None:
    text = str(evaluate(GOLD, FOUND, ci=0.0))
    lines = text.splitlines()
    assert lines[0].split() == ["3", "documents", "precision", "recall", "f1", "f2"]
    assert lines[1].split() == ["strict", "0.333", "0.333", "0.333", "0.333"]
    assert lines[-2].split() == ["PERSON", "0.500", "1.000", "0.667", "0.833"]
    assert lines[-1].split()[0] == "macro"
    assert max(map(len, lines)) <= 80
    assert str(evaluate([], [], ci=0.0)).splitlines()[0].startswith("0 documents")
    assert str(evaluate([], [], schemes=(), ci=0.0)) == "0 documents"


def test_values_for_loggers() -> None:
    scores = evaluate(GOLD, FOUND, ci=0.0).scores
    found = values(scores, by_label=True)
    assert found["recall"] == found["strict_recall"] == pytest.approx(1 / 3)
    assert found["strict_PERSON_recall"] == 1.0
    assert found["exact_macro_f1"] == scores.schemes["exact"].macro.rates["f1"]
    assert found["characters_recall"] == scores.characters.rates["recall"]
    assert found["false_alarm_rate"] == 1.0
    assert "strict_PERSON_recall" not in values(scores)
    assert "recall" not in values(evaluate(GOLD, FOUND, schemes=(), ci=0.0).scores)
    assert all(isinstance(each, float) for each in found.values())


TAGS = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC"}
WANTED = np.array([[IGNORED, 1, 2, 0, IGNORED], [IGNORED, 3, IGNORED, IGNORED, IGNORED]])
IDS = np.array([[3, 1, 2, 3, 3], [1, 3, 1, 1, 1]])


class EvalPrediction:
    def __init__(self, predictions: Any, label_ids: Any) -> None:
        self.predictions = predictions
        self.label_ids = label_ids


def logits(ids: Any) -> Any:
    return np.eye(len(TAGS))[ids] - 0.5


@pytest.mark.parametrize("predictions", [IDS, logits(IDS), (logits(IDS), np.zeros(3))])
@pytest.mark.parametrize("tags", [TAGS, {str(number): tag for number, tag in TAGS.items()}])
def test_compute_metrics_for_token_classification(predictions: Any, tags: Any) -> None:
    found = compute_metrics(tags)(EvalPrediction(predictions, WANTED))
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == 1.0
    assert found == compute_metrics(tags)((predictions, WANTED))


def test_compute_metrics_by_label_and_scheme() -> None:
    prediction = EvalPrediction(np.array([[2, 2]]), np.array([[1, 2]]))
    assert compute_metrics(TAGS, by_label=True)(prediction)["strict_PER_f1"] == 1.0
    assert compute_metrics(TAGS, scheme="IOB2")(prediction)["recall"] == 0.0


@pytest.mark.parametrize(
    ("predictions", "labels"),
    [(np.array([[1, 9]]), np.array([[1, 2]])), (np.array([[1]]), np.array([[1, 2]]))],
)
def test_ids_that_do_not_fit_are_refused(predictions: Any, labels: Any) -> None:
    with pytest.raises(UsageError):
        compute_metrics(TAGS)(EvalPrediction(predictions, labels))


class Tokenizer:
    """Code points as tokens; 0 is padding."""

    pad_token_id = 0

    def batch_decode(self, ids: Any, **options: bool) -> list[str]:
        assert options == {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
        return ["".join(chr(each) for each in row if each) for row in ids.tolist()]


DOCUMENTS = [
    Document("a", "Ann in Rome", (Span(0, 3, "PERSON"), Span(7, 11, "CITY"))),
    Document("b", "Nobody"),
]


def ids(*answers: str) -> Any:
    width = max(map(len, answers)) + 2
    return np.array([[*map(ord, each), *[IGNORED] * (width - len(each))] for each in answers])


def test_compute_metrics_for_generated_answers() -> None:
    computed = compute_generated_metrics(Tokenizer(), DOCUMENTS, by_label=True)
    found = computed(EvalPrediction(ids('[["PERSON","Ann"],["CITY","Oslo"]]', "[]"), None))
    assert found["precision"] == found["recall"] == 0.5
    assert found["strict_CITY_recall"] == 0.0
    assert found["false_alarm_rate"] == 0.0


def test_answers_and_documents_must_be_as_many() -> None:
    computed = compute_generated_metrics(Tokenizer(), DOCUMENTS)
    with pytest.raises(UsageError, match="1 answers and 2 documents"):
        computed((ids("[]"), None))
    with pytest.raises(UsageError, match="no target"):
        compute_generated_metrics(Tokenizer(), DOCUMENTS, "jsn")


def test_a_metric_collects_batches() -> None:
    metric = SpanMetric(by_label=True)
    metric.add_batch(predictions=FOUND[:2], references=GOLD[:2])
    metric.add(prediction=FOUND[2], reference=GOLD[2])
    found = metric.compute()
    assert found == values(evaluate(GOLD, FOUND, ci=0.0).scores, by_label=True)
    assert metric.report is not None
    assert metric.report.scores.documents == 3


def test_a_metric_forgets_what_it_has_scored() -> None:
    metric = SpanMetric()
    assert metric.compute(predictions=FOUND, references=GOLD)["recall"] == pytest.approx(1 / 3)
    assert metric.compute(predictions=GOLD, references=GOLD)["recall"] == 1.0


def test_settings_of_a_metric() -> None:
    metric = SpanMetric(schemes=("type",), ci=0.9)
    found = metric.compute(predictions=GOLD, references=GOLD, beta=(1.0,))
    assert metric.report is not None
    assert set(metric.report.scores.schemes["type"].micro.ci) == {"precision", "recall", "f1"}
    assert "f2" not in found


def test_wrong_use_of_a_metric() -> None:
    metric = SpanMetric()
    with pytest.raises(UsageError, match="together"):
        metric.compute(predictions=FOUND)
    with pytest.raises(UsageError, match="1 predictions and 3 references"):
        metric.add_batch(predictions=FOUND[:1], references=GOLD)


def test_a_metric_takes_predictions() -> None:
    found = SpanMetric().compute(
        predictions=[Prediction((Span(0, 3, "PERSON"),), unplaced=("CITY",)), Prediction()],
        references=DOCUMENTS,
    )
    assert found["precision"] == found["recall"] == 0.5


def test_the_page_of_the_guide_says_what_happens() -> None:
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    blocks = re.findall(r"```python\n([^>].*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    stated = 0
    for block in (blocks[0], blocks[-1]):
        for line in block.splitlines():
            code, _, comment = line.partition("#")
            if re.fullmatch(r"\s*\d\.\d+", comment):
                exec(f"value = {code}", names)
                assert names["value"] == float(comment), code
                stated += 1
            else:
                exec(code, names)
    assert stated == 2


def test_the_package_names_what_it_exports() -> None:
    assert set(pii_sft.__all__) <= set(dir(pii_sft))
    for name in pii_sft.__all__:
        assert getattr(pii_sft, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        _ = pii_sft.evalute


def test_importing_the_package_imports_nothing() -> None:
    code = "import sys, pii_sft; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("pii_sft")}
    assert loaded == {"pii_sft"}
    assert {"msgspec", "numpy", "click"}.isdisjoint(done.stdout.split())
