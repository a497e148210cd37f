from __future__ import annotations

import html
import json
from pathlib import Path

from click.testing import CliRunner

from pii_sft.cli import cli
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.files import write_documents
from pii_sft.report.comparison_page import found_by_one
from pii_sft.report.text_segments import segments
from pii_sft.spans import Span
from tests.conftest import annotated

ANN = annotated("d1", "Ann Lee met Bob.", ("Ann Lee", "PERSON"), ("Bob", "PERSON"))
ROME = annotated("d2", "In Rome.", ("Rome", "CITY"))


def prediction(*spans: Span) -> Prediction:
    return Prediction(spans)


def test_each_system_is_shown_what_it_alone_finds() -> None:
    seen = found_by_one(
        [
            (ANN, prediction(Span(0, 7, "PERSON")), prediction(Span(12, 15, "PERSON"))),
            (ROME, prediction(), prediction(Span(3, 7, "CITY"))),
            (ROME, prediction(), prediction()),
        ]
    )
    assert (seen.only_a, seen.only_b, seen.changed) == (1, 2, 2)
    first = seen.entries[0]
    assert (first.id, first.only_a, first.only_b) == ("d1", ["PERSON"], ["PERSON"])
    assert first.a is not None
    assert [(each.text, each.kind) for each in first.a if each.kind] == [
        ("Ann Lee", "both"),
        ("Bob", "gold"),
    ]
    assert "Ann" not in repr(first)
    assert "Ann" not in repr(first.a)


def test_segments_join_to_the_text_and_overlap_is_both() -> None:
    found = segments(ANN.text, ANN.spans, [Span(4, 11, "PERSON"), Span(12, 15, "CITY")])
    assert "".join(each.text for each in found) == ANN.text
    assert [(each.text, each.kind) for each in found if each.kind] == [
        ("Ann ", "gold"),
        ("Lee", "gold predicted"),
        (" met", "predicted"),
        ("Bob", "gold predicted"),
    ]
    assert found[-2].tail == "PERSON →CITY"


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    write_documents(gold, [ANN, ROME])
    for name, spans in (("a", [(0, 7, "PERSON")]), ("b", [(12, 15, "PERSON"), (0, 3, "Zyx")])):
        rows = [
            {
                "id": "d1",
                "spans": [dict(zip(("start", "end", "label"), s, strict=True)) for s in spans],
            },
            {"id": "d2", "spans": []},
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def compare(*words: str) -> str:
        files = [str(tmp_path / f"{name}.jsonl") for name in "ab"]
        page = tmp_path / "c.html"
        common = ["--gold", str(gold), "--html", str(page), "--resamples", "50"]
        done = CliRunner().invoke(
            cli, ["compare", *files, *common, "--randomisations", "50", "--overwrite", *words]
        )
        assert done.exit_code == 0, done.output
        return html.unescape(page.read_text("utf-8"))

    page = compare()
    assert "A alone finds 1 gold span, B alone 1, in 1 document;" in page
    assert "Zyx" not in page
    assert "https://" not in page
    bare = compare("--no-text", "--language", "zh")
    assert "Ann" not in bare
    assert "PERSON 0–7" in bare
    assert 'lang="zh"' in bare
