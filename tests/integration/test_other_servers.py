"""vLLM and llama.cpp's server find what the model finds in this process.

They belong to no environment of the project, so variables name them: `PII_SFT_VLLM` the program
`vllm`, `PII_SFT_LLAMA_SERVER` `llama-server`, `PII_SFT_GGUF_CONVERTER` llama.cpp's
`convert_hf_to_gguf.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.records.run import read_run
from tests.integration.server_process import free_port, server_process

VLLM = os.environ.get("PII_SFT_VLLM", "")
LLAMA_SERVER = os.environ.get("PII_SFT_LLAMA_SERVER", "")
CONVERTER = os.environ.get("PII_SFT_GGUF_CONVERTER", "")

pytestmark = [pytest.mark.train, pytest.mark.slow]
with_vllm = pytest.mark.skipif(not VLLM, reason="PII_SFT_VLLM names no vllm")
with_llama_cpp = pytest.mark.skipif(
    not (LLAMA_SERVER and CONVERTER),
    reason="PII_SFT_LLAMA_SERVER and PII_SFT_GGUF_CONVERTER name no llama.cpp",
)

TEXTS = ["Ann met Bob.", "王小明住。", "<b>A</b> \\ 😀"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    rows = tmp_path / "rows.jsonl"
    texts = enumerate(TEXTS)
    rows.write_text("".join(json.dumps({"id": str(at), "text": text}) + "\n" for at, text in texts))
    return rows


@pytest.fixture(scope="module")
def merged(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of a run, its adapter merged into it."""
    from pii_sft.training.models.merge_adapter import merge

    record = read_run(run)
    assert record is not None
    out = tmp_path_factory.mktemp("models") / "merged"
    merge(run, record, out, "a card")
    return out


@pytest.fixture(scope="module")
def vllm(merged: Path) -> Iterator[str]:
    """It with the merged model."""
    port = free_port()
    words = [VLLM, "serve", str(merged), "--served-model-name", "pii", "--port", str(port)]
    words += ["--dtype", "float32", "--max-model-len", "1024", "--enforce-eager"]
    with server_process(words, port, VLLM_CPU_KVCACHE_SPACE="1") as url:
        yield url


@pytest.fixture(scope="module")
def llama_server(merged: Path) -> Iterator[str]:
    """It with the merged model in 32 bits."""
    gguf = merged.with_suffix(".gguf")
    words = [sys.executable, CONVERTER, str(merged), "--outtype", "f32", "--outfile", str(gguf)]
    subprocess.run(words, check=True, capture_output=True)
    port = free_port()
    words = [LLAMA_SERVER, "--model", str(gguf), "--alias", "pii", "--port", str(port)]
    with server_process(words, port) as url:
        yield url


def asked(run: Path, rows: Path, *words: str) -> tuple[Result, list[dict[str, Any]]]:
    out = rows.with_name("p.jsonl")
    known = ["--run", str(run), "--data", str(rows), "--out", str(out), "--overwrite"]
    done = CliRunner().invoke(cli, ["predict", *known, "--max-new-tokens", "24", *words])
    lines = out.read_text().splitlines() if done.exit_code == 0 else []
    return done, [json.loads(line) for line in lines]


def predicted(run: Path, rows: Path, *words: str) -> list[dict[str, Any]]:
    done, found = asked(run, rows, *words)
    assert done.exit_code == 0, done.output
    return found


def entities(row: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(each["start"], each["end"], each["label"]) for each in row["spans"]]


def written(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["output"], row["finish_reason"]) for row in rows]


@with_vllm
@pytest.mark.parametrize("bias", ["0", "2"])
def test_vllm_finds_the_same_entities(vllm: str, run: Path, rows: Path, bias: str) -> None:
    dial = ["--recall-bias", bias, "--decode", "anchored"]
    here = predicted(run, rows, *dial, "--dtype", "float32")
    there = predicted(run, rows, *dial, "--server", vllm)
    assert any(map(entities, here))
    for one, other in zip(here, there, strict=True):
        assert entities(one) == entities(other)
        scores = [each["score"] for each in one["spans"]]
        assert [each["score"] for each in other["spans"]] == pytest.approx(scores, abs=0.01)


@with_vllm
def test_vllm_writes_the_same_answers(vllm: str, run: Path, rows: Path) -> None:
    here = predicted(run, rows, "--decode", "free", "--dtype", "float32")
    there = predicted(run, rows, "--decode", "free", "--server", vllm)
    assert written(here) == written(there)


@with_llama_cpp
def test_llama_cpp_writes_the_same_answers(llama_server: str, run: Path, rows: Path) -> None:
    here = predicted(run, rows, "--decode", "free", "--dtype", "float32")
    there = predicted(run, rows, "--decode", "free", "--server", llama_server)
    assert written(here) == written(there)


@with_llama_cpp
def test_llama_cpp_reads_no_drafts(llama_server: str, run: Path, rows: Path) -> None:
    forced, _ = asked(run, rows, "--server", llama_server, "--decode", "anchored")
    assert forced.exit_code == 2
    assert "--decode free" in forced.output
    free, _ = asked(run, rows, "--server", llama_server)
    assert "the model wrote the copies" in free.output
