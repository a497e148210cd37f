"""Cut into windows and merged again, nothing is lost and nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.spans import Document, Span, checked
from pii_sft.windows import cut, merge, window_of

PIECES = [
    *("Ann", "Lee met Bob", "a", "42", "3.5", "e.g. this", "Mr. Lee"),
    *(" ", "  ", "\n", "\r\n", "\n\n", "\t", "\u2028", "\x85", "\x00"),
    *(". ", "! ", '?" ', "...", "。", "！”", "？", "؟ ", "۔", "। ", "። ", "，", "、"),
    *("王芳", "北京市朝阳区", "שלום", "مرحبا", "नमस्ते", "สวัสดีครับ"),
    *("😀", "👩\u200d👩\u200d👧", "🇩🇪", "e\u0301\u0301\u0301", "\u0301", "\u202e"),
]


def in_bytes(text: str) -> int:
    """A length that, like that of tokens, differs from character to character."""
    return len(text.encode())


def in_words(text: str) -> int:
    """A length that grows now and then only, and never by parts of a word."""
    return max(1, len(text.split()))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Texts with spans anywhere: nested, overlapping, across sentences, over everything."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40)))
    place = st.integers(0, len(text))
    drawn = draw(st.lists(st.tuples(place, place, st.sampled_from(["P", "城市"])), max_size=8))
    spans = [Span(min(a, b), max(a, b), label) for a, b, label in drawn if a != b]
    return checked("d", text, spans, {"language": "xx"})


limits = st.tuples(st.integers(1, 60), st.floats(0, 0.99))
lengths = st.sampled_from([len, in_bytes, in_words])


def longest_stretch(document: Document, start: int) -> int:
    """End of what stands at `start` and can't be cut: a span and all that overlap it."""
    end = start + 1
    for span in sorted(document.spans):
        if start <= span.start < end or span.start <= start < span.end:
            end = max(end, span.end)
    return end


@given(documents(), limits, lengths)
def test_cut_and_merged_is_the_same(
    document: Document, limit: tuple[int, float], length: Callable[[str], int]
) -> None:
    longest, share = limit
    windows = cut(document, longest, int(longest * share), length)
    assert merge(document, windows) == document.spans


@given(documents(), limits, lengths)
def test_windows_cover_the_text_in_order_and_keep_to_the_limit(
    document: Document, limit: tuple[int, float], length: Callable[[str], int]
) -> None:
    longest, share = limit
    overlap = int(longest * share)
    windows = cut(document, longest, overlap, length)
    if len(windows) == 1 and windows[0] is document:
        assert length(document.text) <= longest
        return
    places = [window_of(window) for window in windows]
    end_before = start_before = 0
    for number, (window, place) in enumerate(zip(windows, places, strict=True), 1):
        assert place is not None
        assert (window.id, place.document) == (f"d#w{number}", "d")
        assert window.text == document.text[place.start : place.end]
        assert window.meta["language"] == "xx"
        assert place.start <= end_before < place.end
        assert number == 1 or start_before < place.start
        assert length(document.text[place.start : end_before]) <= max(overlap, length(""))
        if length(window.text) > longest:
            assert place.end == longest_stretch(document, place.start)
        end_before, start_before = place.end, place.start
    assert places[0] is not None
    assert places[0].start == 0
    assert end_before == len(document.text)


@given(documents(), limits)
def test_no_span_is_cut(document: Document, limit: tuple[int, float]) -> None:
    longest, share = limit
    for window in cut(document, longest, int(longest * share)):
        place = window_of(window)
        if place is None:
            continue
        for span in document.spans:
            outside = span.end <= place.start or span.start >= place.end
            assert outside or place.start <= span.start < span.end <= place.end


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Document, list[Document]]:
    """Windows with any spans at all in them."""
    document = draw(documents())
    longest, share = draw(limits)
    windows = []
    for window in cut(document.replaced(spans=()), longest, int(longest * share)):
        place = st.integers(0, len(window.text))
        drawn = draw(st.lists(st.tuples(place, place, st.sampled_from("PQ")), max_size=4))
        spans = {Span(min(a, b), max(a, b), label) for a, b, label in drawn if a != b}
        windows.append(checked(window.id, window.text, spans, window.meta))
    return document, windows


@given(predictions(), st.randoms(use_true_random=False))
def test_predictions_are_merged_once_each_whatever_the_order(
    predicted: tuple[Document, list[Document]], draw: object
) -> None:
    document, windows = predicted
    merged = merge(document, windows)
    assert list(merged) == list(checked("d", document.text, merged).spans)
    found: dict[Span, set[str]] = {}
    for window in windows:
        place = window_of(window)
        shift = 0 if place is None else place.start
        for span in window.spans:
            moved = Span(span.start + shift, span.end + shift, span.label)
            found.setdefault(moved, set()).add(window.id)
    assert set(merged) <= found.keys()
    for span in found.keys() - set(merged):
        assert any(
            other.start < span.end
            and span.start < other.end
            and found[other].isdisjoint(found[span])
            for other in merged
        )
    shuffled = list(windows)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(document, shuffled) == merged


@pytest.mark.parametrize("overlap", [0, 10, 39])
def test_every_entity_up_to_the_overlap_is_whole_somewhere(overlap: int) -> None:
    """What a model reads has no spans to avoid, so the overlap alone has to save them."""
    document = checked("d", "x" * 200, [])
    windows = cut(document, 40, overlap)
    for start in range(200 - overlap):
        assert any(
            (place := window_of(each)) is not None
            and place.start <= start
            and start + overlap <= place.end
            for each in windows
        )
