"""Plots are well-formed markup and show what they are given."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.report.plots import curve_plot, reliability_plot
from pii_sft.report.score_page import Browser, page
from pii_sft.spans import Document, Span

SPAN = Span(0, 3, "X")
REPORT = evaluate_pairs(
    [(Document("d", "abc def", (SPAN,)), Prediction((SPAN, Span(4, 7, "X")), (0.95, 0.25)))], ci=0.0
)


def test_a_bar_for_each_bin_with_predictions() -> None:
    assert REPORT.reliability is not None
    drawing = ElementTree.fromstring(reliability_plot(REPORT.reliability))
    bars = drawing.findall("rect")
    assert [float(bar.attrib["height"]) for bar in bars] == [0.0, 200.0]


def test_the_curve_and_its_marks() -> None:
    drawing = ElementTree.fromstring(curve_plot([[(0.5, 1.0), (1.0, 0.5)]], [(1.0, 0.5, "chosen")]))
    assert drawing.findall("polyline")[0].attrib["points"] == "100.0,0.0 200.0,100.0"
    assert drawing.findall("circle")[0].attrib["cx"] == "200.0"


def test_names_of_marks_do_not_cover_each_other() -> None:
    marks = [(0.95, 0.90, "promised"), (0.96, 0.91, "checked"), (0.1, 0.9, "alone")]
    drawing = ElementTree.fromstring(curve_plot([], marks))
    names = {text.text: text.attrib for text in drawing.findall("text")}
    places = sorted(float(names[name]["y"]) for _, _, name in marks)
    assert all(lower - upper >= 14 for upper, lower in pairwise(places))
    assert [names[name]["text-anchor"] for _, _, name in marks] == ["end", "end", "start"]


def test_the_report_has_the_plot_where_there_are_confidences() -> None:
    assert 'id="reliability"' in page(REPORT, Browser().result(), "x")
    silent = evaluate_pairs([(Document("d", "abc", (SPAN,)), Prediction((SPAN,)))], ci=0.0)
    assert 'id="reliability"' not in page(silent, Browser().result(), "x")
