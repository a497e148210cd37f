"""Results of Presidio's analyzer."""

from __future__ import annotations

from pathlib import Path

from pii_sft.converters.readers.presidio_analyzer import READER as ANALYZER
from tests.converters.reading import (
    as_documented,
)

TEXT = "é 😀 Mira Quell"


def test_documented_shape(shared_data: Path, tmp_path: Path) -> None:
    as_documented(ANALYZER, "presidio_analyzer_results", "code points", shared_data, tmp_path)
