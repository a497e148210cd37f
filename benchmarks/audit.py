"""`audit` beside `spacy debug data` on the same documents, and its memory on many.

Run with `PYTHONPATH=src python benchmarks/audit.py [--documents N] [--many N] [--json FILE]`, where
spacy is installed; without it, only ours is measured. Both get the same documents, a fifth of them
as dev, each in the form that it reads; both run in one process, one after the other, twice, the
quicker one counts. On a machine that does other work, only the ratio means anything; times are of
the processor. For the memory, audits of a quarter of the documents, and of all, run in processes of
their own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pii_sft.dataset.audit import AuditOptions, audit
from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.files import read_documents, write_documents, write_json
from pii_sft.spans import Document

SEEDS = 4000
"""Different synthetic documents; the others are these with another number behind."""
ROUNDS = 2


def documents(count: int) -> Iterator[Document]:
    """English and Chinese documents, all different."""
    made = list(synthesise(("en", "zh"), SEEDS, seed=1))
    for number in range(count):
        each = made[number % SEEDS]
        meta = {"language": each.meta["language"]}
        yield Document(f"d{number}", f"{each.text} {number}", each.spans, meta)


def split(folder: Path, count: int) -> list[Path]:
    """The same documents as train and dev, in files."""
    made = list(documents(count))
    at = count * 4 // 5
    paths = [folder / "train.jsonl", folder / "dev.jsonl"]
    write_documents(paths[0], made[:at])
    write_documents(paths[1], made[at:])
    return paths


def best(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor and of the clock, of the quicker of two runs."""
    times = []
    for _ in range(ROUNDS):
        processor, clock = time.process_time(), time.perf_counter()
        run()
        times.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(times)


def spacy_run(folder: Path, paths: list[Path]) -> Callable[[], object]:
    """`spacy debug data` on DocBins, made beforehand with its blank multi-language tokenizer."""
    import spacy
    from spacy.cli.debug_data import debug_data
    from spacy.cli.init_config import init_config, save_config
    from spacy.tokens import DocBin

    nlp = spacy.blank("xx")
    for path in paths:
        binary = DocBin()
        for document in read_documents(path):
            doc = nlp.make_doc(document.text)
            spans = [
                doc.char_span(each.start, each.end, each.label, alignment_mode="expand")
                for each in document.spans
            ]
            doc.set_ents(spacy.util.filter_spans([each for each in spans if each is not None]))
            binary.add(doc)
        binary.to_disk(path.with_suffix(".spacy"))
    config = init_config(lang="xx", pipeline=["ner"], silent=True)
    save_config(config, folder / "config.cfg", is_stdout=False, silent=True)
    where = {"paths.train": str(folder / "train.spacy"), "paths.dev": str(folder / "dev.spacy")}

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            debug_data(folder / "config.cfg", config_overrides=where, silent=True)

    return run


def peak(path: Path) -> dict[str, float]:
    """Seconds, documents a second, and the most memory of an audit in a process of its own."""
    words = [sys.executable, "-m", "pii_sft", "audit", str(path), "--no-near", "--json", "-"]
    begun = time.perf_counter()
    process = subprocess.Popen([*words, "--quiet"], stdout=subprocess.DEVNULL)
    highest = pid = 0
    while not pid:
        highest = max(highest, _peak_of(process.pid))
        time.sleep(0.1)
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if status:
        raise SystemExit(f"the audit of {path} failed")
    seconds = usage.ru_utime + usage.ru_stime
    return {
        "clock_seconds": round(time.perf_counter() - begun, 1),
        "processor_seconds": round(seconds, 1),
        "peak_mb": round(highest / 1024, 1),
    }


def _peak_of(pid: int) -> int:
    """The most kilobytes that a process has had; what `wait4` says includes those of its parent."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def reading(path: Path) -> float:
    """Documents a second of the processor that are decoded and verified, and nothing else."""
    begun = time.process_time()
    count = sum(1 for _ in read_documents(path))
    return count / (time.process_time() - begun)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=20_000)
    options.add_argument("--many", type=int, default=1_000_000)
    options.add_argument("--json", type=Path)
    wanted = options.parse_args()
    found: dict[str, Any] = {"documents": wanted.documents}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = split(folder, wanted.documents)
        found["read_per_second"] = round(reading(paths[0]))
        ours, clock = best(lambda: audit(paths, AuditOptions(near=False)))
        found["audit"] = {
            "per_processor_second": round(wanted.documents / ours),
            "per_clock_second": round(wanted.documents / clock),
        }
        try:
            theirs, clock = best(spacy_run(folder, paths))
        except ImportError:
            print("spacy is not installed", file=sys.stderr)
        else:
            found["spacy_debug_data"] = {
                "per_processor_second": round(wanted.documents / theirs),
                "per_clock_second": round(wanted.documents / clock),
            }
            found["ratio"] = round(theirs / ours, 2)
        if wanted.many:
            found["many"] = {}
            for count in (wanted.many // 4, wanted.many):
                many = folder / f"many{count}.jsonl"
                write_documents(many, documents(count))
                found["many"][str(count)] = peak(many)
                many.unlink()
    write_json(wanted.json or Path("-"), found, overwrite=True)


if __name__ == "__main__":
    main()
