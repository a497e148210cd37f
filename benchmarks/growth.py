"""How time grows with the size of what is read, on shapes that are made to be slow.

    python benchmarks/growth.py [--size N] [--only WORD] [--json FILE] [--again]

Every parser of answers, the aligner, the matcher and every reader is given shapes of the sizes n,
2n, 4n and 8n: quotes and brackets that nothing closes, escapes, nesting, strings that are nearly in
the text, spans inside each other. The largest comes first; what takes a twentieth of a second of a
processor at most is not measured at other sizes. The rest is measured up to five times at each
size, the sizes in turn, and the least time of each counts, since other work of the machine only
adds to it. The growth is that of the last two doublings: 1 is linear, 2 quadratic. What takes too
long is stopped; it ends with 1 if anything grows faster than 1.5 and takes more than a second, or
is stopped.

The file is written after each shape, and shapes that it has of the same code and size are not
measured again, unless --again is given.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
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
QUICK = 0.05
ROUNDS = 5
SPENT = 5.0
"""Seconds after which no further round begins."""
NOTICED = 1.15
"""Growth that is printed: n log n has 1.1 at these sizes, the rest is noise."""

Work = Callable[[int], object]


class Growth(msgspec.Struct):
    """One shape.

    Attributes:
        subject: what works on it.
        shape: what it looks like.
        sizes: characters, spans or items.
        seconds: of processor time at each size, the least; None where it was stopped.
        exponent: of the last two doublings; 0 where only the largest size was measured.
        code: the commit that was measured; "" for changes that were not committed.
    """

    subject: str
    shape: str
    sizes: list[int]
    seconds: list[float | None]
    exponent: float
    code: str = ""

    @property
    def bad(self) -> bool:
        """True for what grows too fast to be left so."""
        last = self.seconds[-1]
        return last is None or (self.exponent > STEEP and last > SLOW)


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
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        try:
            with suppress(PiiSftError, UnicodeError):
                work(100)  # imports what is imported at its first use
            start = time.process_time()
            with suppress(PiiSftError, UnicodeError):
                work(size)
            os.write(theirs, struct.pack("d", time.process_time() - start))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(theirs)
    status = os.waitpid(child, 0)[1]
    said = os.read(ours, 8)
    os.close(ours)
    if os.waitstatus_to_exitcode(status) > 0:
        raise RuntimeError("this shape breaks what it is given to")
    return float(*struct.unpack("d", said)) if said else math.nan


def measured(subject: str, shape: str, work: Work, size: int, code: str) -> Growth:
    """The growth of a shape; other sizes are left out where the largest is quick."""
    sizes = [size * step for step in STEPS]
    least = dict.fromkeys(sizes, math.inf)
    least[sizes[-1]] = spent = seconds(work, sizes[-1])
    if spent <= QUICK:
        return Growth(subject, shape, sizes[-1:], [spent], 0.0, code)
    for _ in range(ROUNDS):
        for each in sizes:
            if not math.isnan(least[each]):
                taken = seconds(work, each)
                least[each] = taken if math.isnan(taken) else min(least[each], taken)
                spent += taken
        if not spent < SPENT:  # or something was stopped
            break
    held = [each for each in least.values() if not math.isnan(each)][-3:]
    exponent = math.log2(held[-1] / held[0]) / (len(held) - 1) if len(held) > 1 else 0.0
    kept = [None if math.isnan(each) else each for each in least.values()]
    return Growth(subject, shape, sizes, kept, round(exponent, 2), code)


def code_of_clone() -> str:
    """The last commit that changed the code, "" if there are changes that were not committed."""
    folders = ("src", "converters", "evaluators")
    here = Path(__file__).parent.parent
    if subprocess.call(["git", "diff", "--quiet", "HEAD", "--", *folders], cwd=here):
        return ""
    last = ["git", "log", "-1", "--format=%h", "--", *folders]
    return subprocess.check_output(last, cwd=here, text=True).strip()


def main() -> None:
    """Measure and print what stands out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=16_000, help="characters of the smallest")
    parser.add_argument(
        "--only", default="", help="what holds this, as in 'align: a letter missing'"
    )
    parser.add_argument("--json", type=Path, help="keep all measurements here")
    parser.add_argument("--again", action="store_true", help="also what the file has")
    given = parser.parse_args()
    code = code_of_clone()
    kept = {}
    if given.json and given.json.exists():
        read_before = msgspec.json.decode(given.json.read_bytes(), type=list[Growth])
        kept = {(each.subject, each.shape): each for each in read_before}
    found = []
    for subject, shape, work in shapes():
        if given.only not in f"{subject}: {shape}":
            continue
        growth = kept.get((subject, shape))
        largest = given.size * STEPS[-1]
        same = growth and code and (growth.code, growth.sizes[-1]) == (code, largest)
        if not growth or not same or given.again:
            growth = kept[subject, shape] = measured(subject, shape, work, given.size, code)
            if given.json:
                write_json(given.json, list(kept.values()), overwrite=True)
        found.append(growth)
        if growth.bad or growth.exponent > NOTICED:
            times = " ".join("-" if each is None else f"{each:.2f}" for each in growth.seconds)
            print(f"{subject}: {shape}: {times} s, growth {growth.exponent}", flush=True)
    bad = [each for each in found if each.bad]
    print(f"{len(found)} shapes, {len(bad)} too steep")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
