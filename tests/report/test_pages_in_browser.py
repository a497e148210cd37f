"""Pages of scores and comparisons in a real browser: what leads where, and what the URL keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pii_sft.cli import cli
from pii_sft.files import write_documents
from pii_sft.spans import Document, Span

GOLD = (
    Document("d1", "Ann Lee met Bob in Rome.", (Span(0, 7, "PERSON"), Span(19, 23, "CITY"))),
    Document("d2", "Rome and Oslo", (Span(0, 4, "CITY"), Span(9, 13, "CITY"))),
    Document("d3", "nothing here", ()),
)
ANSWERS = {
    "a": ([(0, 3, "PERSON"), (19, 23, "PERSON")], [(0, 4, "CITY")], [(0, 7, "PERSON")]),
    "b": ([(0, 7, "PERSON")], [(0, 4, "CITY"), (9, 13, "CITY")], []),
}
PLACE = "return location.hash"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_documents(tmp_path / "gold.jsonl", GOLD)
    for name, answers in ANSWERS.items():
        rows = [
            {
                "id": document.id,
                "spans": [{"start": s, "end": e, "label": label} for s, e, label in spans],
            }
            for document, spans in zip(GOLD, answers, strict=True)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def page(folder: Path, *words: str) -> str:
    place = folder / "page.html"
    common = ["--gold", str(folder / "gold.jsonl"), "--html", str(place), "--overwrite"]
    done = CliRunner().invoke(cli, [*words, *common])
    assert done.exit_code == 0, done.output
    return place.as_uri()


def narrow(browser: Any) -> bool:
    size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return bool(browser.execute_script("return document.documentElement.scrollWidth <= 400"))


def wait_for(browser: Any, script: str, result: object) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 60).until(lambda there: there.execute_script(script) == result)


def test_cells_and_labels_lead_to_errors_that_the_url_keeps(browser: Any, folder: Path) -> None:
    url = page(folder, "score", "--pred", str(folder / "a.jsonl"), "--resamples", "20")
    browser.get(url)
    cards = (
        "return [...document.querySelectorAll('#browser h3')].map(e => e.firstChild.data.trim())"
    )
    assert browser.execute_script(cards) == ["d1", "d2", "d3"]
    cell = 'document.querySelector(\'#confusion a[href*="gold=CITY"][href*="predicted=PERSON"]\')'
    browser.execute_script(f"{cell}.click()")
    assert browser.execute_script(cards) == ["d1"]
    kept = browser.execute_script(PLACE)
    assert "gold=CITY" in kept
    browser.get("about:blank")
    browser.get(url + kept)
    wait_for(browser, cards, ["d1"])
    browser.execute_script("document.querySelector('#labels a[href*=CITY]').click()")
    assert browser.execute_script(cards) == ["d1", "d2"]
    assert browser.execute_script("return document.querySelectorAll('#browser li.dim').length") == 1
    assert narrow(browser)
    assert browser.get_log("browser") == []


def test_a_comparison_is_filtered_and_fits_a_telephone(browser: Any, folder: Path) -> None:
    files = [str(folder / f"{name}.jsonl") for name in "ab"]
    url = page(folder, "compare", *files, "--resamples", "20", "--randomisations", "20")
    browser.get(url)
    hits = "return [...document.getElementById('browser').children].filter(e => !e.hidden).length"
    assert browser.execute_script(hits) == 2
    browser.execute_script(
        "const s = document.getElementById('label'); s.value = 'PERSON';"
        "s.dispatchEvent(new Event('input'))"
    )
    assert browser.execute_script(hits) == 1
    kept = browser.execute_script(PLACE)
    assert "label=PERSON" in kept
    browser.get("about:blank")
    browser.get(url + kept)
    wait_for(browser, hits, 1)
    assert narrow(browser)
    names = "return Math.min(...[...document.querySelectorAll('tbody th')].map(e => e.offsetWidth))"
    assert browser.execute_script(names) >= 100  # not a letter a line
    assert browser.get_log("browser") == []
