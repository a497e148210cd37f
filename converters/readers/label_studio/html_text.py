"""The text of an HTML page as offsets into its document tree count it."""

from __future__ import annotations

from html.parser import HTMLParser


def text_of(html: str) -> str:
    """Concatenate the text nodes of the body of a page; a `<br>` is a line break.

    Nothing is laid out: blocks are not separated and white space is kept. Comments and tags
    vanish, entities become their characters, and line breaks are those of the HTML standard, a
    line feed each. A fragment without head and body is all body.
    """
    parser = _TextNodes()
    parser.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    return "".join(parser.parts)


class _TextNodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._ended = False

    def handle_data(self, data: str) -> None:
        if not self._ended:
            self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "br":
            self.handle_data("\n")
        elif tag == "body":
            self.parts.clear()

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self.parts.clear()
        elif tag == "body":
            self._ended = True
