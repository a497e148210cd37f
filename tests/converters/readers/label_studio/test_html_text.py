"""The text nodes of a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.readers.label_studio.html_text import rendered, rendered_texts


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain & simple < 3", "plain & simple < 3"),
        ("<p>Hi <b>Ann</b>, call</p>", "Hi Ann, call"),
        ("<p>a</p>\n  <p>b</p>", "a\n  b"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("&lt;b&gt; &amp;amp; &#x1F600;&nbsp;&eacute;", "<b> &amp; 😀\xa0é"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<!-- a --><?pi b?><!DOCTYPE html>c", "c"),
        ("<html><head><title>t</title></head><body class='x'>\n<p>b</p></body>\n</html>", "\nb"),
        ("<head><title>t</title></head><p>b</p>", "b"),
        ("<a title='<b>'>x</a>", "x"),
        ("<p>unclosed", "unclosed"),
    ],
)
def test_text(html: str, text: str) -> None:
    assert rendered_texts(html)[0] == text


@given(st.text("<>/!-&;#abr \r\n\"'=", max_size=60))
def test_no_page_is_too_strange(html: str) -> None:
    assert "\r" not in rendered_texts(html)[0]


PAGE = "<html><head><title>T 1</title><style>p {}</style></head><body><p>Ann</p></body></html>"


@pytest.mark.parametrize(
    ("start", "text"), [(0, "Ann"), (3, "T 1Ann"), (7, "T 1p {}Ann"), (20, "Ann")]
)
def test_what_stands_before_the_body_counts_if_the_marks_say_so(start: int, text: str) -> None:
    assert rendered(PAGE, [RawSpan(start, start + 3, "A", "Ann")]) == text
