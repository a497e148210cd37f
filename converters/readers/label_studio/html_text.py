"""The text of an HTML page as offsets into its document tree count it."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser

from pii_sft.converters.offsets.conventions import UTF_16, Ruler
from pii_sft.converters.offsets.evidence import squeezed
from pii_sft.converters.offsets.raw_spans import RawSpan


def rendered(html: str, marks: Iterable[RawSpan]) -> str:
    """The text of a page in which the marked strings stand where their offsets say.

    Label Studio shows a page in a frame, where offsets begin at its body, or puts it into its own
    page, where a title and styles in the head count too. If the marks do not tell, it is the body.

    Args:
        html: the page.
        marks: what was marked, with offsets in UTF-16 units.
    """
    texts = rendered_texts(html)
    if len(texts) == 1:
        return texts[0]
    given = [mark for mark in marks if mark.surface is not None]
    return max(texts, key=lambda text: (_held(text, given), -texts.index(text)))


def _held(text: str, marks: Iterable[RawSpan]) -> int:
    """Number of marks that hold their strings, as the editor writes them."""
    ruler = Ruler(text, UTF_16)
    places = ((ruler.place(mark.start, mark.end), mark.surface or "") for mark in marks)
    return sum(
        place is not None and squeezed(text[slice(*place)]) == squeezed(surface)
        for place, surface in places
    )


def rendered_texts(html: str) -> list[str]:
    """Readings of the text of a page: that of its body, or all text nodes, with or without styles.

    Nothing is laid out: blocks are not separated and white space is kept; a `<br>` is a line
    break. Comments and tags vanish, entities become their characters, and line breaks are those of
    the HTML standard, a line feed each. A fragment without head and body is all body.
    """
    parser = _TextNodes()
    parser.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    return list(dict.fromkeys(("".join(parser.body), parser.all(), parser.all(styles=True))))


class _TextNodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.body: list[str] = []
        self._nodes: list[tuple[str, bool]] = []
        self._ended = self._styles = False

    def all(self, styles: bool = False) -> str:
        """All text nodes; those of styles only if asked for."""
        return "".join(node for node, is_style in self._nodes if styles or not is_style)

    def handle_data(self, data: str) -> None:
        self._nodes.append((data, self._styles))
        if not self._ended:
            self.body.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "br":
            self.handle_data("\n")
        elif tag == "body":
            self.body.clear()
        elif tag == "style":
            self._styles = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self.body.clear()
        elif tag == "body":
            self._ended = True
        elif tag == "style":
            self._styles = False
