"""How time grows with the size of what is read, on shapes that are made to be slow.

    python benchmarks/growth.py [--size N] [--only WORD] [--json FILE]

Every parser of answers, the aligner, the matcher and every reader is given shapes of the sizes n,
2n, 4n and 8n: quotes and brackets that nothing closes, escapes, nesting, strings that are nearly in
the text, spans inside each other. The largest comes first; what takes a tenth of a second of a
processor at most is not measured at other sizes. For the rest, the growth between the last two
sizes is shown: 1 is linear, 2 quadratic. What takes too long is stopped; it ends with 1 if anything
grows faster than 1.5 and takes more than a second, or is stopped.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from pii_sft.align import Wanted, align
from pii_sft.converters import READERS
from pii_sft.errors import PiiSftError
from pii_sft.evaluators.matching import match
from pii_sft.files import encode, write_json
from pii_sft.spans import Span
from pii_sft.targets import TARGETS

STEPS = (1, 2, 4, 8)
SECONDS = 60
STEEP = 1.5
SLOW = 1.0
QUICK = 0.1

Work = Callable[[int], object]


class Growth(msgspec.Struct):
    """One shape.

    Attributes:
        subject: what works on it.
        shape: what it looks like.
        sizes: characters, spans or items.
        seconds: of processor time at each size; NaN where it was stopped.
        exponent: between the last two sizes that were measured; 0 where only the largest was.
    """

    subject: str
    shape: str
    sizes: list[int]
    seconds: list[float]
    exponent: float

    @property
    def bad(self) -> bool:
        """True for what grows too fast to be left so."""
        stopped = any(map(math.isnan, self.seconds))
        return stopped or (self.exponent > STEEP and self.seconds[-1] > SLOW)


TEXTS: dict[str, Callable[[int], str]] = {
    "open quotes, escaped": lambda n: "[{'" + "{'\\'" * (n // 4) + "]",
    "open double quotes, escaped": lambda n: '[{"' + '{"\\"' * (n // 4) + "]",
    "triple quotes, escaped": lambda n: "x = ['''" + "'''\\" * (n // 4),
    "backslashes": lambda n: '["' + "\\" * n,
    "opening brackets": lambda n: "[" * n,
    "opening braces": lambda n: '{"a":' * (n // 5),
    "brackets closed again": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "pairs without an end": lambda n: '[["PERSON","Ann' * (n // 15),
    "many pairs": lambda n: "[" + '["PERSON","Ann"],' * (n // 17) + '["PERSON","Ann"]]',
    "commas": lambda n: "[" + "," * n,
    "commas in a header": lambda n: "a," * (n // 2) + "\n1,2\n",
    "an open cell": lambda n: 'text,label\n"' + "a,b\n" * (n // 4),
    "opening tags": lambda n: "<PERSON>" * (n // 8),
    "tags that are not closed": lambda n: "<PERSON>Ann " * (n // 12),
    "closing tags": lambda n: "Ann</PERSON>" * (n // 12),
    "angle brackets": lambda n: "<" * n,
    "blanks": lambda n: "PERSON:" + " " * n + "x",
    "blank lines": lambda n: "\n" * n + "x",
    "lines": lambda n: "PERSON: Ann\n" * (n // 12),
    "tokens": lambda n: "Ann B-PER\n" * (n // 10),
    "tabs": lambda n: "\t" * n + "\n",
    "one word": lambda n: "a" * n,
    "numbers": lambda n: "[" + '["P","Ann",9],' * (n // 14) + "]",
    "dashes and stars": lambda n: "- **" * (n // 4),
    "fences": lambda n: "```json\n" * (n // 8),
    "entities of XML": lambda n: "<?xml version='1.0'?><a>" + "&amp;" * (n // 5),
    "elements of XML": lambda n: "<?xml version='1.0'?>" + "<a>" * (n // 3),
    "letters and marks": lambda n: "e\u0301" * (n // 2),
    "many other pairs": lambda n: (
        "[" + ",".join(f'["PERSON","Bo{at}"]' for at in range(n // 16)) + "]"
    ),
    "objects": lambda n: (
        '[{"label":"PERSON","text":"Ann"}' + ',{"label":"P","text":"A"}' * (n // 24)
    ),
    "one object, many keys": lambda n: "{" + ",".join(f'"k{at}":["Ann"]' for at in range(n // 14)),
    "one key, many times": lambda n: '{"PERSON":"Ann"' + ',"PERSON":"Ann"' * (n // 15) + "}",
    "nested and closed": lambda n: '{"a":' * (n // 6) + "1" + "}" * (n // 6),
    "a list in a string in a list": lambda n: '["' + '[\\"' * (n // 4) + '"]',
    "escapes of code points": lambda n: '["' + "\\u00e9" * (n // 6),
    "half an escape": lambda n: '["' + "\\u" * (n // 2),
    "one number": lambda n: "[" + "9" * n + "]",
    "decimals": lambda n: "[0." + "9" * n + "]",
    "quotes of words": lambda n: "['" + "don't " * (n // 6),
    "doubled quotes": lambda n: "a,b\n" + '"a""' * (n // 4),
    "comments": lambda n: "[" + "/* " * (n // 3),
    "comments of a line": lambda n: "[" + "// a\n" * (n // 5),
    "open links": lambda n: "[Ann](" * (n // 6),
    "links": lambda n: "[Ann](PERSON) " * (n // 14),
    "open marks": lambda n: "[[Ann|" * (n // 6),
    "marks of braces": lambda n: "{{Ann" * (n // 5),
    "parentheses": lambda n: "(" * n,
    "tags inside each other": lambda n: "<A>" * (n // 7) + "x" + "</A>" * (n // 7),
    "tags across each other": lambda n: "<A>x<B>y</A>z</B>" * (n // 17),
    "attributes": lambda n: "<a " + "b='c' " * (n // 6) + ">",
    "bullets": lambda n: "* PERSON\n  - Ann\n" * (n // 17),
    "numbered lines": lambda n: "1. PERSON: Ann\n" * (n // 15),
    "columns of a table": lambda n: "| PERSON | Ann |\n" * (n // 17),
    "bars": lambda n: "|" * n,
    "colons": lambda n: ":" * n,
    "arrows": lambda n: "Ann -> " * (n // 7),
    "carriage returns": lambda n: "\r" * n,
    "zeros": lambda n: "\0" * n,
    "line separators": lambda n: "\u2028" * n,
    "no-break spaces": lambda n: "x" + "\u00a0" * n + "x",
    "inside tags": lambda n: "Ann I-PER\n" * (n // 10),
    "comments of columns": lambda n: "# text = Ann\n" * (n // 13),
    "columns": lambda n: "Ann\t" * (n // 4) + "O\n",
    "standoff": lambda n: "".join(f"T{at}\tPER 0 3\tAnn\n" for at in range(n // 16)),
    "steps of thought": lambda n: "<think>" * (n // 7),
}

RECORDS: dict[str, Callable[[str], dict[str, object]]] = {
    "nemotron": lambda bad: {"uid": "a", "text": "Ann Lee", "spans": bad},
    "gretel_masking": lambda bad: {"uid": "a", "text": "Ann Lee", "entities": bad},
    "gretel_finance": lambda bad: {"generated_text": "Ann Lee", "pii_spans": bad},
    "ai4privacy": lambda bad: {"source_text": "Ann Lee", "privacy_mask": bad},
}
"""Readers that decode strings in records."""


def shapes() -> Iterator[tuple[str, str, Work]]:
    """Subject, shape, and work of a size."""
    for name in TARGETS.names():
        target = TARGETS.get(name)
        for shape, make in TEXTS.items():
            yield (
                f"target {name}",
                shape,
                lambda n, target=target, make=make: target.parse(make(n), make(n)),
            )
            yield (
                f"target {name}, of another text",
                shape,
                lambda n, target=target, make=make: target.parse("Ann Lee " * (n // 8), make(n)),
            )
    for shape, aligned in ALIGNED.items():
        yield "align", shape, lambda n, aligned=aligned: align(*aligned(n))
    for shape, matched in MATCHED.items():
        yield "match", shape, lambda n, matched=matched: match(*matched(n // 16))
    for name in READERS.names():
        for shape, make in TEXTS.items():
            yield f"reader {name}", shape, lambda n, name=name, make=make: read(name, make(n))
    for name, record in RECORDS.items():
        for shape, make in TEXTS.items():
            yield (
                f"reader {name}, in a column",
                shape,
                lambda n, name=name, make=make, record=record: read(
                    name, encode(record(make(n))).decode() + "\n"
                ),
            )


def word(number: int) -> str:
    """A word of its own for each number, without digits, in which nothing is mistyped."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number * 7919 % 1_000_003:07}")
    return f"Sil{letters}stein"


def words(n: int) -> str:
    """Different words, of together n characters."""
    return " ".join(map(word, range(n // 16)))


def changed(change: Callable[[str], str], n: int) -> tuple[str, list[Wanted]]:
    """A text, and a fourth of its words in another form: both grow."""
    return words(n), [Wanted(change(word(at))) for at in range(0, n // 16, 4)]


ALIGNED: dict[str, Callable[[int], tuple[str, list[Wanted]]]] = {
    "one letter, long and repeated": lambda n: ("a" * n, [Wanted("a" * (n // 2))] * 4),
    "nearly there": lambda n: ("ab" * (n // 2), [Wanted("ab" * (n // 8) + "c")] * 4),
    "many different strings": lambda n: (
        " ".join(f"w{at}" for at in range(n // 8)),
        [Wanted(f"w{at}") for at in range(n // 8)],
    ),
    "many of one string": lambda n: ("Ann " * (n // 8), [Wanted("Ann")] * (n // 8)),
    "many that are not there": lambda n: (
        "Ann " * (n // 8),
        [Wanted(f"Bo{at}") for at in range(n // 64)],
    ),
    "ends inside a word": lambda n: changed(lambda each: each[:-2], n),
    "begins inside a word": lambda n: changed(lambda each: each[2:], n),
    "a letter missing": lambda n: changed(lambda each: each[:7] + each[8:], n),
    "two letters swapped": lambda n: changed(lambda each: each[:10] + "ts" + each[12:], n),
    "a letter too many": lambda n: changed(lambda each: each[:7] + "x" + each[7:], n),
    "other words": lambda n: changed(lambda each: each[::-1], n),
    "words that are not neighbours": lambda n: (
        words(n),
        [Wanted(f"{word(at)} {word(at + 2)}") for at in range(0, n // 16 - 2, 4)],
    ),
    "a word that is not there, in one that is": lambda n: changed(lambda each: f"{each} Lee", n),
    "blanks between letters": lambda n: ("A n n  " * (n // 7), [Wanted("Ann")] * (n // 64)),
    "marks on letters": lambda n: ("e\u0301" * (n // 2), [Wanted("\u00e9" * (n // 8))] * 4),
}

MATCHED: dict[str, Callable[[int], tuple[list[Span], list[Span]]]] = {
    "one beside the other": lambda n: (
        [Span(3 * at, 3 * at + 2, "P") for at in range(n)],
        [Span(3 * at + 1, 3 * at + 3, "P") for at in range(n)],
    ),
    "inside each other": lambda n: (
        [Span(at, 4 * n - at, "P") for at in range(n)],
        [Span(at, 4 * n - at - 1, "Q") for at in range(n)],
    ),
    "a chain": lambda n: (
        [Span(2 * at, 2 * at + 3, "P") for at in range(n)],
        [Span(2 * at + 1, 2 * at + 4, "P") for at in range(n)],
    ),
    "one over all": lambda n: (
        [Span(0, 3 * n, "P")],
        [Span(3 * at, 3 * at + 2, "P") for at in range(n)],
    ),
}


def read(name: str, content: str) -> int:
    """Read a file with a reader; errors are answers, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl"
        path.write_text(content, "utf-8", errors="replace")
        with suppress(PiiSftError):
            return sum(1 for _ in READERS.get(name).read(path))
    return 0


def seconds(work: Work, size: int) -> float:
    """Processor time of some work, in a child that is ended when it takes too long."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        try:
            with suppress(PiiSftError, UnicodeError):
                work(size)
            os._exit(0)
        finally:
            os._exit(1)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) > 0:
        raise RuntimeError("this shape breaks what it is given to")
    return math.nan if os.WIFSIGNALED(status) else used.ru_utime + used.ru_stime


def measured(subject: str, shape: str, work: Work, size: int) -> Growth:
    """The growth of a shape; larger sizes are left out once one was stopped."""
    largest = seconds(work, size * STEPS[-1])
    if largest <= QUICK:
        return Growth(subject, shape, [size * STEPS[-1]], [largest], 0.0)
    sizes, taken = [], []
    for step in STEPS:
        sizes.append(size * step)
        taken.append(largest if step == STEPS[-1] else seconds(work, size * step))
        if math.isnan(taken[-1]):
            break
    held = [each for each in taken if not math.isnan(each)]
    floor = 0.01
    exponent = math.log2(max(held[-1], floor) / max(held[-2], floor)) if len(held) > 1 else 0.0
    return Growth(subject, shape, sizes, taken, round(exponent, 2))


def main() -> None:
    """Measure and print what stands out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=16_000, help="characters of the smallest")
    parser.add_argument(
        "--only", default="", help="what holds this, as in 'align: a letter missing'"
    )
    parser.add_argument("--json", type=Path, help="write all measurements")
    given = parser.parse_args()
    found = []
    for subject, shape, work in shapes():
        if given.only in f"{subject}: {shape}":
            growth = measured(subject, shape, work, given.size)
            found.append(growth)
            if growth.bad or (growth.exponent > STEEP and growth.seconds[-1] > SLOW / 4):
                times = " ".join(f"{each:.2f}" for each in growth.seconds)
                print(f"{subject}: {shape}: {times} s, growth {growth.exponent}")
    bad = [each for each in found if each.bad]
    print(f"{len(found)} shapes, {len(bad)} too steep")
    if given.json:
        write_json(given.json, found, overwrite=True)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
