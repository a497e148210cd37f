"""Documents whose answers are damaged; none of their strings is part of another."""

from __future__ import annotations

from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.spans import Document, Span, checked


def joined(id: str, *pieces: str | tuple[str, str]) -> Document:
    """A document of pieces of text; those with a label are its spans."""
    text, spans = "", []
    for piece in pieces:
        surface, label = (piece, "") if isinstance(piece, str) else piece
        if label:
            spans.append(Span(len(text), len(text) + len(surface), label))
        text += surface
    return checked(id, text, spans)


SHORT = joined(
    "short", ("Ann Lee", "PERSON"), " met ", ("Bob", "PERSON"), " in ", ("Rome", "CITY"), "."
)
REPEATED = joined(
    "repeated",
    *("From: ", ("Zoe Fox", "PERSON"), "\nTo: ", ("Max", "PERSON"), "\n\n"),
    *(("Max", "PERSON"), ", call ", ("555-0134", "PHONE"), " or ", ("Zoe Fox", "PERSON"), "."),
)
CHINESE = joined(
    "chinese",
    *(("王小明", "姓名"), "住在", ("北京市", "城市"), "，电话", ("13800138000", "电话"), "。"),
)
OTHER_SCRIPTS = joined(
    "scripts",
    *("😀 ", ("דנה לוי", "PERSON"), " – ", ("مريم", "PERSON"), " 👩\u200d👩\u200d👧 "),
    *(("José", "PERSON"), " e ", ("Zoe\u0308", "PERSON")),
)
ALONE = joined("alone", "Write to ", ("ann@x.org", "EMAIL"), " soon.")
AWKWARD = joined(
    "awkward",
    *('Ask "', ('Al "Ace" Roe', "PERSON"), '" at ', ("12 Main St,\nApt [4]", "ADDRESS"), " or "),
    *(("C:\\new\\table", "PATH"), ", ", ("{key: 'v'}", "CODE"), ", ", ("],[", "CODE"), "; "),
    *(("Dr.: O'Neil", "PERSON"), " <", ("</b>", "CODE"), "> ", ("#2: x", "CODE"), "."),
)

PLAIN = [SHORT, REPEATED, CHINESE, OTHER_SCRIPTS, ALONE]
"""Their strings need no quotes to be told apart."""

ALL = [*PLAIN, AWKWARD]


def unambiguous(document: Document) -> bool:
    """Whether the list of its strings leads to its spans, whatever is cut off its end."""
    surfaces = [document.surface(span) for span in document.spans]
    return bool(surfaces) and all(document.text.count(each) == 1 for each in surfaces)


SYNTHETIC = [each for each in synthesise(["en", "zh"], 120, seed=11) if unambiguous(each)]
