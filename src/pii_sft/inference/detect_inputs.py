"""Inputs of `detect`: texts, files, folders and streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pii_sft.converters.detect import ANY_FORMAT
from pii_sft.files import STANDARD_STREAM
from pii_sft.inference.detector import Detection, Detector
from pii_sft.inference.line_blocks import line_blocks
from pii_sft.inference.text_source import TextSource
from pii_sft.spans import checked
from pii_sft.terminal import ShownPath


def detect_inputs(
    detector: Detector,
    inputs: Sequence[str],
    source: str = ANY_FORMAT,
    stream: Callable[[], int] = lambda: 0,
) -> Iterator[tuple[str, Detection]]:
    """Find the entities of all inputs, with the detector's own dial.

    Args:
        detector: finds them.
        inputs: files and folders of any format, `-` for the stream; everything else is a text.
        source: format of files and of the stream; with `auto`, the stream is read line by line,
            as lines come.
        stream: returns the file descriptor of the stream.

    Yields:
        The id of a document, and what was found in it; lines of a stream are named by number.

    Raises:
        InputError: a file can't be read.
    """
    for word in inputs:
        streamed = Path(word) == STANDARD_STREAM
        if streamed and source == ANY_FORMAT:
            number = 1
            for block in line_blocks(stream()):
                yield f"line-{number}", _found(detector, block)
                number += block.count("\n")
        elif streamed or _exists(word):
            with TextSource([ShownPath(word)], source) as texts:
                for document, detection in detector.detect_documents(
                    texts.documents(), follow_up=False
                ):
                    yield document.id, detection
        else:
            yield "text", _found(detector, checked("text", word, ()).text)


def _found(detector: Detector, text: str) -> Detection:
    return next(detector.detect_many([text], follow_up=False))


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # too long, or no name at all: a text
        return False
