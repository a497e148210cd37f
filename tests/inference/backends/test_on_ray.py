"""Two processes of Ray predict what one process predicts, to the byte."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Settings
from pii_sft.inference.detector import Dial
from pii_sft.inference.finder import FinderSettings
from pii_sft.inference.predict import Predicting, predict
from pii_sft.inference.serving import Serving
from pii_sft.prompt import Prompt
from tests.tiny_models import Tiny

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"),
]

PROMPT = Prompt("short-1", "Mark PERSON.", "", "")
TEXTS = [
    "Ann",
    "王小明住在北京。",
    "",
    "Write to Ann Lee in Rome.",
    "Order 17. " * 9,
    "A b",
    "Ann-Lee",
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """As many threads in its workers as here, so that sums come out alike."""
    # On a busy machine workers would wait for everybody else.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    import ray
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": {"OMP_NUM_THREADS": "1"}},
    )
    ray.shutdown()
    torch.set_num_threads(threads)


@pytest.mark.parametrize("decode", ["anchored", "free"])
def test_the_same_bytes(decode: Any, cluster: Any, tiny_model: Tiny, tmp_path: Path) -> None:
    import ray

    data = tmp_path / "data.jsonl"
    rows = [{"id": f"d{at}", "text": text} for at, text in enumerate(TEXTS)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    serving = Serving(
        str(tiny_model("Qwen3")), "", "qwen3", False, "tags", PROMPT, ("PERSON", "CITY")
    )
    for engine in ("local", "ray"):
        finding = FinderSettings(
            decode=decode,
            batch_size=2,
            max_new_tokens=16,
            dtype="float32",
            engine=engine,
            workers=2,
        )
        dial = Dial(recall_bias=3.0 if decode == "anchored" else 0.0)
        predict(serving, data, tmp_path / f"{engine}.jsonl", Predicting(finding, dial))
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()
    assert (tmp_path / "ray.jsonl").read_bytes().count(b"\n") == len(TEXTS)
    assert ray.is_initialized(), "a cluster that was there is left alone"


def test_what_a_worker_can_t_load_is_said_as_in_one_process(cluster: Any) -> None:
    from pii_sft.inference.backends.on_ray import RayBackend

    with pytest.raises(UsageError, match="name it with --server") as caught:
        RayBackend("openai", Settings("m", "", "qwen3"), 1)
    assert "Traceback" not in str(caught.value)
