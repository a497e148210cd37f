"""A served model under load, on this machine's loopback alone.

Clients send one text after another, each as soon as it has its answer; every answer is compared
with that to the same text alone. `llamafactory-cli api` is asked the same prompts, of the same
model, pinned to the same core and with as many threads:

    python benchmarks/serve.py --run runs/smollm2_135m --data data/pii/gold/test.jsonl

measures 1, 8 and 64 clients, and with `--soak 500 --seconds 300` whether many are served for long:
nothing lost, nothing mixed up, memory flat. `--untrained` does that with a random model of two
layers, so that what is measured is the server. Needs the training environment.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
from baseline import cpu_name

from pii_sft.files import read_documents, write_json
from pii_sft.inference.serving import Serving, serving_of_run

HOST = "127.0.0.1"
RESULTS = Path("benchmarks/results/serve.json")
SHORTEST, LONGEST = 20, 160
"""Characters of the texts, so that an answer takes seconds at most on a slow machine."""

SCORE_MAY_DIFFER = 0.002
"""Sums of floats in batches of another shape come out otherwise in their last digits."""

START_SECONDS = 900


class Level(msgspec.Struct):
    """The answers that some number of clients got."""

    clients: int
    seconds: float
    answers: int
    per_second: float
    per_cpu_second: float
    """Of the server's own time on the processor, which other work on the machine changes least."""
    p50: float
    p95: float
    p99: float
    wrong: int = 0
    other_scores: int = 0
    refused: dict[str, int] = {}
    memory_mb: list[int] = []


class Contestant:
    """A server and the form of its requests."""

    route: str
    ready: str

    def __init__(self, serving: Serving, run: Path) -> None:
        self.serving, self.run = serving, run

    def command(self, port: int) -> list[str]:
        raise NotImplementedError

    def body(self, text: str) -> dict[str, Any]:
        raise NotImplementedError


class Ours(Contestant):
    route, ready = "/analyze", "/health"

    def command(self, port: int) -> list[str]:
        words = ["-m", "pii_sft", "serve", "--run", str(self.run), "--port", str(port)]
        return [sys.executable, *words, "--quiet", "--timeout", "600"]

    def body(self, text: str) -> dict[str, Any]:
        return {"text": text, "language": "en"}


class Theirs(Contestant):
    route, ready = "/v1/chat/completions", "/v1/models"

    def command(self, port: int) -> list[str]:
        del port  # in the environment
        words = [str(Path(sys.executable).with_name("llamafactory-cli")), "api"]
        words += ["--model_name_or_path", self.serving.model, "--template", self.serving.template]
        if self.serving.adapter:
            words += ["--adapter_name_or_path", self.serving.adapter]
        return [*words, "--infer_dtype", "float32"]

    def body(self, text: str) -> dict[str, Any]:
        messages = [
            {"role": each.role, "content": each.content}
            for each in self.serving.prompt.messages(text)
        ]
        return {"model": "m", "messages": messages, "temperature": 0, "max_tokens": 1024}


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        run = arguments.run
        if arguments.untrained:
            run = untrained(arguments.run, Path(folder) / "untrained")
        serving = serving_of_run(run)
        texts = _texts(arguments.data, arguments.texts)
        levels = [arguments.soak] if arguments.soak else arguments.clients
        found: dict[str, Any] = {
            "machine": cpu_name(),
            "python": platform.python_version(),
            "core": arguments.core,
            "threads": 1,
            "model": "two layers, untrained" if arguments.untrained else Path(serving.model).name,
            "texts": len(texts),
        }
        contestants: dict[str, Contestant] = {"pii-sft serve": Ours(serving, run)}
        if arguments.against:
            contestants["llamafactory-cli api"] = Theirs(serving, run)
        for name, contestant in contestants.items():
            asked = arguments.against if isinstance(contestant, Theirs) else levels
            found[name] = measured(contestant, texts, asked, arguments.seconds, arguments.core)
            for level in found[name]:
                print(name, msgspec.to_builtins(level), flush=True)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept["soak" if arguments.soak else "throughput"] = found
    write_json(RESULTS, kept, overwrite=True, inputs=())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="documents whose texts are sent")
    parser.add_argument("--clients", type=_numbers, default=[1, 8, 64])
    parser.add_argument("--against", type=_numbers, default=[], help="clients of LLaMA-Factory")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each level")
    parser.add_argument("--texts", type=int, default=24, help="different texts at most")
    parser.add_argument("--soak", type=int, default=0, help="one level of so many clients")
    parser.add_argument("--untrained", action="store_true")
    parser.add_argument("--core", type=int, default=1, help="that servers are pinned to")
    arguments = parser.parse_args()
    if max(arguments.clients, default=0) > 1000 or arguments.seconds > 3600:
        parser.error("that is no load test of one machine any more")
    return arguments


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


def _texts(data: Path, most: int) -> list[str]:
    texts = dict.fromkeys(each.text for each in read_documents(data))
    fitting = [text for text in texts if SHORTEST <= len(text) <= LONGEST]
    if not fitting:
        sys.exit(f"{data} has no text of {SHORTEST} to {LONGEST} characters")
    return fitting[:most]


def untrained(run: Path, folder: Path) -> Path:
    """A run like another whose model has two narrow layers and random weights."""
    import torch
    import transformers

    serving = serving_of_run(run)
    config = transformers.AutoConfig.from_pretrained(serving.model)
    for name, value in {
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
    }.items():
        setattr(config, name, value)
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(Path(serving.model) / name, folder / name)
    record = json.loads((run / "pii_sft.json").read_text())
    record["settings"]["finetuning_type"] = "full"
    record["labels"] = list(serving.labels)
    (folder / "pii_sft.json").write_text(json.dumps(record))
    return folder


def measured(
    contestant: Contestant, texts: Sequence[str], levels: Sequence[int], seconds: float, core: int
) -> list[Level]:
    """Start the server and load it, level after level."""
    with started(contestant, core) as (url, process):
        return asyncio.run(_levels(contestant, url, process, texts, levels, seconds))


@contextlib.contextmanager
def started(contestant: Contestant, core: int) -> Iterator[tuple[str, int]]:
    """The server, until the end of the block, and then its own end after TERM."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "API_HOST": HOST,
        "API_PORT": str(port),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    words = ["taskset", "--cpu-list", str(core), *contestant.command(port)]
    began = time.monotonic()
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        url = f"http://{HOST}:{port}"
        try:
            while not _answers(url + contestant.ready):
                if child.poll() is not None or time.monotonic() > began + START_SECONDS:
                    log.seek(0)
                    sys.exit(f"did not start: {log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.2)
            print(f"ready after {time.monotonic() - began:.1f} s", flush=True)
            yield url, child.pid
        finally:
            child.send_signal(signal.SIGTERM)
            asked = time.monotonic()
            code = child.wait(START_SECONDS)
            print(f"ended with {code} after {time.monotonic() - asked:.1f} s", flush=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _levels(
    contestant: Contestant,
    url: str,
    process: int,
    texts: Sequence[str],
    levels: Sequence[int],
    seconds: float,
) -> list[Level]:
    most = max(levels)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    async with httpx.AsyncClient(
        base_url=url, limits=limits, timeout=None, trust_env=False
    ) as client:
        alone = {}
        if isinstance(contestant, Ours):
            for text in texts:
                answer = await client.post(contestant.route, json=contestant.body(text))
                alone[text] = answer.raise_for_status().json()
            print(f"{len(alone)} texts answered alone", flush=True)
        else:
            await client.post(contestant.route, json=contestant.body(texts[0]))  # warm
        return [
            await _level(contestant, client, process, texts, alone, number, seconds)
            for number in levels
        ]


async def _level(
    contestant: Contestant,
    client: httpx.AsyncClient,
    process: int,
    texts: Sequence[str],
    alone: dict[str, Any],
    clients: int,
    seconds: float,
) -> Level:
    times: list[float] = []
    refused: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    memory = [_memory_mb(process)]
    began, computed = time.monotonic(), _cpu_seconds(process)

    async def one(number: int) -> None:
        drawn = random.Random(number)
        while time.monotonic() < began + seconds:
            text = drawn.choice(texts)
            asked = time.monotonic()
            answer = await client.post(contestant.route, json=contestant.body(text))
            if answer.status_code != httpx.codes.OK:
                refused[str(answer.status_code)] += 1
                await asyncio.sleep(1)
                continue
            times.append(time.monotonic() - asked)
            if alone:
                counts[_compared(answer.json(), alone[text])] += 1

    async def watch() -> None:
        while True:
            await asyncio.sleep(max(1.0, seconds / 10))
            memory.append(_memory_mb(process))

    watching = asyncio.create_task(watch())
    await asyncio.gather(*map(one, range(clients)))
    took, computed = time.monotonic() - began, _cpu_seconds(process) - computed
    watching.cancel()
    memory.append(_memory_mb(process))
    times.sort()
    return Level(
        clients,
        round(took, 1),
        len(times),
        round(len(times) / took, 3),
        round(len(times) / computed, 3),
        *(round(times[min(len(times) - 1, int(len(times) * q))], 3) for q in (0.5, 0.95, 0.99)),
        counts["wrong"],
        counts["other scores"],
        dict(refused),
        memory,
    )


def _compared(found: list[dict[str, Any]], alone: list[dict[str, Any]]) -> str:
    """Same entities and scores, other scores by more than rounding, or wrong."""

    def places(entities: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(each["start"], each["end"], each["entity_type"]) for each in entities]

    if places(found) != places(alone):
        return "wrong"
    near = all(
        abs(one["score"] - other["score"]) <= SCORE_MAY_DIFFER
        for one, other in zip(found, alone, strict=True)
    )
    return "same" if near else "other scores"


def _cpu_seconds(process: int) -> float:
    """Time of a process on the processor, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: int) -> int:
    """Resident memory of a process; taskset has become the server by then."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


if __name__ == "__main__":
    main()
