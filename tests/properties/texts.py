"""Awkward texts with spans at any place."""

from __future__ import annotations

from hypothesis import strategies as st

from pii_sft.spans import Document, Span, checked

LABELS = ["PERSON", "姓名", 'A"B', "[X]", "a\\b"]
MARKERS = ["<|im_end|>", "{{idx}}", "{{content}}", "<think>", "</think>", "<image>", "<s>"]
PIECES = [
    *("Ann", "ann", "ANN", "Annie", "Lee", "a", "1", "42"),
    *(
        "王",
        "王芳",
        "王芳芳",
        "。",
        "😀",
        "👩\u200d👩\u200d👧",
        "🇩🇪",
        "e\u0301",
        "\u0301",
        "é",
        "İ",
        "ß",
    ),
    *(
        "שלום",
        "مرحبا",
        "\u202e",
        "\u200f",
        " ",
        "  ",
        "\u3000",
        "\u00a0",
        "\t",
        "\n",
        "\r\n",
        "\x00",
    ),
    *('"', "'", "\\", "\\n", "[", "]", "{", "}", ",", ":", "],[", '"],["', "]]", "```"),
    *MARKERS,
    *("< |im_end|>", "< think>"),
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any stretches of a text of awkward pieces: repeated, nested, overlapping, blank."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14)))
    starts_and_lengths = st.tuples(
        st.integers(0, len(text) - 1), st.integers(1, 9), st.sampled_from(LABELS)
    )
    spans = [
        Span(start, min(len(text), start + length), label)
        for start, length, label in draw(st.lists(starts_and_lengths, max_size=7))
    ]
    return checked("d", text, spans)
