"""The role of each part of a text with inline tags."""

from __future__ import annotations

from pii_sft.targets.reasoning import answer_in
from pii_sft.targets.tags.markup import TOKEN
from pii_sft.targets.token_roles import Stretch


def tags_stretches(answer: str) -> list[Stretch]:
    """Parts of a text with inline tags: `<PERSON>Ann Lee</PERSON> met Bob`.

    That an entity begins is decided by the `<` of its opening tag, that no other follows by the
    answer's end, where an empty stretch stands for the token that ends it. The label is that of the
    opening tag: the closing one only repeats it. What stands inside of at least one entity is
    surface, so tags that nest or cross cut the string around them into several stretches.

    Raises:
        ValueError: the answer is not such a text.
    """
    body = answer_in(answer)
    found: list[Stretch] = []
    opened = 0
    done = body.start
    for token in TOKEN.finditer(answer, body.start, body.end):
        if token["bare"]:
            raise ValueError("a < that is neither escaped nor in a tag")
        if token["tag"] is None:
            continue
        start = token.start("tag")
        if opened and done < start:
            found.append(Stretch(done, start, "surface"))
        if token["closing"]:
            opened -= 1
        else:
            opened += 1
            found += [
                Stretch(start, start + 1, "more"),
                Stretch(*token.span("label"), "label"),
            ]
        if opened < 0:
            raise ValueError("a closing tag that closes nothing")
        done = token.end()
    if opened:
        raise ValueError("an opening tag that nothing closes")
    return [*found, Stretch(body.end, body.end, "end")]
