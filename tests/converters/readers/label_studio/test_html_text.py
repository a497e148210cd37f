"""The text nodes of a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.readers.label_studio.html_text import text_of


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
    assert text_of(html) == text


@given(st.text("<>/!-&;#abr \r\n\"'=", max_size=60))
def test_no_page_is_too_strange(html: str) -> None:
    assert "\r" not in text_of(html)
