"""The HTML report: what it holds, and what it does in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from pii_sft.evaluators import evaluate_pairs
from pii_sft.evaluators.aggregation.results import Confusion
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.report.confusion import grid
from pii_sft.report.score_page import SHOWN_DOCUMENTS, Browsed, Browser, page
from pii_sft.spans import Document, Span
from tests.conftest import Program, annotated

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CANARY = "Zyx </script><img src=x onerror=document.title='broken'> & Q"
DOCUMENTS = [
    annotated("right", "Ann Lee lives here.", ("Ann Lee", "PERSON"), language="en"),
    annotated("missed", "👩‍👩‍👧 mail a@x.org", ("a@x.org", "EMAIL"), language="en"),
    annotated(
        "long", "王小明住在北京市。", ("王小明", "PERSON"), ("北京市", "CITY"), language="zh"
    ),
    annotated("canary", f"It is {CANARY}.", (CANARY, "PERSON"), language="en"),
]
PREDICTIONS = [
    (Span(0, 7, "PERSON"),),
    (),
    (Span(0, 4, "PERSON"), Span(5, 8, "PERSON")),
    (Span(6, 9, "CITY"),),
]


def pairs() -> list[tuple[Document, Prediction]]:
    return [
        (document, Prediction(spans))
        for document, spans in zip(DOCUMENTS, PREDICTIONS, strict=True)
    ]


def browsed(
    pairs: Iterable[tuple[Document, Prediction]],
    *,
    texts: bool = True,
    known: frozenset[str] | None = None,
) -> Browsed:
    browser = Browser(texts=texts)
    for document, prediction in pairs:
        browser.look(document, prediction)
    return browser.result(known)


def written(folder: Path, *, texts: bool = True, after: str = "") -> Path:
    report = evaluate_pairs(pairs(), by=("language", "size"))
    text = page(report, browsed(pairs(), texts=texts), "run <1>")
    path = folder / "report.html"
    path.write_text(text.replace("</body>", f"{after}</body>"), "utf-8")
    return path


def test_it_is_one_file_that_asks_for_nothing(tmp_path: Path) -> None:
    text = written(tmp_path).read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!#)', text.split("<script")[0])
    assert "http://" not in text
    assert "https://" not in text
    assert "run &lt;1&gt;" in text


def test_text_cannot_end_the_script_it_stands_in(tmp_path: Path) -> None:
    text = written(tmp_path).read_text("utf-8")
    assert "<img" not in text
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert any(CANARY in entry["text"] for entry in data["documents"])


def test_without_texts_no_text_is_in_it(tmp_path: Path) -> None:
    text = html.unescape(written(tmp_path, texts=False).read_text("utf-8"))
    for document in DOCUMENTS:
        for span in document.spans:
            assert document.surface(span) not in text
    assert "holds document text" not in text
    assert "missed" in text


def test_labels_a_model_made_up_are_masked(tmp_path: Path) -> None:
    document = annotated("d", "Ann Lee", ("Ann Lee", "PERSON"))
    found = [(document, Prediction((Span(0, 7, "Secret Name"),)))]
    known = frozenset({"PERSON"})
    report = evaluate_pairs(found, known=known)
    text = page(report, browsed(found, texts=False, known=report.known), "t")
    assert "Secret Name" not in text
    assert "(unknown)" in text


def test_the_worst_come_first_and_memory_is_bounded() -> None:
    many = [
        (annotated(f"d{number}", "Ann Lee", ("Ann", "A"), ("Lee", "A")), Prediction(spans))
        for number in range(SHOWN_DOCUMENTS + 50)
        for spans in [(Span(0, 3, "A"),) if number % 2 else ()]
    ]
    shown = browsed(many).entries
    assert len(shown) == SHOWN_DOCUMENTS
    counts = [len(entry.errors) for entry in shown]
    assert counts == sorted(counts, reverse=True)
    assert shown[0].id == "d0"
    assert "Ann" not in repr(shown[0])


def test_confusion_as_a_grid() -> None:
    table = grid(Confusion({"A": {"A": 3, "B": 1}}, {"C": 2}, {"D": 4}))
    assert table.columns == ["A", "B", "D", "(missed)"]
    rows = {label: [cell.count for cell in cells] for label, cells in table.rows}
    assert rows == {"A": [3, 1, 0, 0], "C": [0, 0, 0, 2], "(spurious)": [0, 0, 4, 0]}
    assert [cell.right for cell in dict(table.rows)["A"]] == [True, False, False, False]
    assert dict(table.rows)["A"][0].share == 0.75


def test_nothing_found_and_nothing_to_find() -> None:
    empty = [(annotated("d", "nothing"), Prediction(()))]
    shown = page(evaluate_pairs(empty), browsed(empty), "t")
    assert "No document has an error." in shown
    assert "0.000" not in shown


def test_the_command_writes_it_privately(
    tmp_path: Path, people_file: Path, pii_sft: Program
) -> None:
    words = ["score", "--pred", people_file, "--gold", people_file, "--html", "r.html"]
    done = pii_sft(*words)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "r.html").stat().st_mode) == 0o600
    again = pii_sft(*words)
    assert again.returncode == 2
    assert pii_sft(*words, "--overwrite", "--no-text").returncode == 0


class TestInABrowser:
    @pytest.fixture
    def browser(self) -> str:
        found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if found is None:
            pytest.skip("no Chromium is installed")
        return found

    def opened(self, browser: str, path: Path, *options: str) -> tuple[str, str]:
        """The document after its scripts have run, and what the console said."""
        done = subprocess.run(
            [
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000"),
                *("--enable-logging=stderr", "--log-level=0", "--disable-background-networking"),
                *(f"--user-data-dir={path.parent / 'profile'}", *options, "--dump-dom"),
                path.as_uri(),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        said = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        return done.stdout, "\n".join(said)

    def acted(self, browser: str, folder: Path, steps: Sequence[str]) -> list[str]:
        """What expressions give, one after the other, on the page."""
        script = "\n".join(f"said.push(String({step}));" for step in steps)
        after = (
            "<script>{const set=(id,value)=>{const node=document.getElementById(id);"
            "node.value=value;node.dispatchEvent(new Event('input'));return node.value};"
            "const shown=()=>[...document.querySelectorAll('#browser h3')]"
            ".map((h)=>h.textContent.split(' ')[0]).join();"
            f"const said=[];{script}\n"
            "document.body.append(Object.assign(document.createElement('pre'),"
            "{id:'said',textContent:JSON.stringify(said)}));}</script>"
        )
        dom, console = self.opened(browser, written(folder, after=after))
        assert console == ""
        found = re.search(r'<pre id="said">(.*?)</pre>', dom, re.DOTALL)
        assert found is not None
        result: list[str] = json.loads(html.unescape(found[1]))
        return result

    def test_filters_work_and_the_console_is_silent(self, browser: str, tmp_path: Path) -> None:
        said = self.acted(
            browser,
            tmp_path,
            [
                "shown()",
                "set('kind', 'missed')",
                "shown()",
                "set('kind', '') + set('label', 'CITY')",
                "shown()",
                "set('label', '') + set('search', 'can')",
                "shown()",
                "document.getElementById('count').textContent",
                "document.title",
            ],
        )
        assert said[0] == "long,missed,canary"
        assert said[2] == "missed"
        assert said[4] == "long,canary"
        assert said[6:8] == ["canary", "1 error in 1 document"]
        assert said[8].startswith("run <1>")

    def test_the_address_holds_the_filter_and_the_rest_is_dimmed(
        self, browser: str, tmp_path: Path
    ) -> None:
        said = self.acted(
            browser,
            tmp_path,
            [
                "location.hash = '#errors?gold=PERSON&predicted=CITY'",
                "dispatchEvent(new HashChangeEvent('hashchange'))",
                "shown()",
                "document.getElementById('pair').textContent",
                "document.querySelectorAll('#browser .wrong-list .dim').length",
                "document.getElementById('clear').click()",
                "location.hash + shown()",
                "set('kind', 'missed')",
                "location.hash",
                "document.querySelector('.heat td.wrong a').getAttribute('href')",
            ],
        )
        assert said[2] == "canary"
        assert said[3] == "PERSON → CITY"
        assert said[6] == "#errorslong,missed,canary"
        assert said[8] == "#errors?kind=missed"
        assert said[9].startswith("#errors?gold=")

    def test_marks_stand_where_the_spans_do(self, browser: str, tmp_path: Path) -> None:
        """Behind emoji of several code points as well."""
        said = self.acted(
            browser,
            tmp_path,
            [
                "set('search', 'missed')",
                "document.querySelector('#browser .gold').textContent",
                "document.querySelector('#browser .document').textContent",
                "set('search', 'long')",
                "[...document.querySelectorAll('#browser .gold,#browser .predicted')]"
                ".map((mark)=>mark.textContent+':'+mark.className).join('|')",
                "set('search', 'canary')",
                "document.querySelectorAll('#browser img').length",
            ],
        )
        assert said[1] == "a@x.org"
        assert said[2] == "👩‍👩‍👧 mail a@x.orgEMAIL"
        assert said[4] == ("王小明:gold predicted|住:predicted|北京市:gold predicted")
        assert said[6] == "0"

    def test_tables_sort_keys_move_and_the_theme_changes(
        self, browser: str, tmp_path: Path
    ) -> None:
        said = self.acted(
            browser,
            tmp_path,
            [
                "document.querySelectorAll('.sortable th button')[0].click()",
                "document.querySelector('.sortable tbody th').textContent",
                "document.querySelectorAll('.sortable th button')[0].click()",
                "document.querySelector('.sortable tbody th').textContent",
                "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'j'}))",
                "document.activeElement.querySelector('h3').textContent.split(' ')[0]",
                "getComputedStyle(document.body).backgroundColor",
                "document.getElementById('theme').click()",
                "getComputedStyle(document.body).backgroundColor",
            ],
        )
        assert [said[1], said[3]] == ["PERSON", "CITY"]
        assert said[5] == "long"
        assert said[6] != said[8]
