"""Predicting by a server: what it is asked, what becomes of its answers, and going on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pii_sft.cli import cli
from pii_sft.errors import UsageError
from pii_sft.inference.backends import Server, Settings, Token
from pii_sft.inference.backends.server import ServerBackend
from pii_sft.prompt import Message
from tests.inference.backends.openai_server import Body, Reply, StandIn, completion, serving
from tests.records.test_run_folder import write_run

TEXTS = ["Ann met Ann.", "Nobody", "Ann", "Bob and Ann", "", "Ann, Ann"]


def names(body: Body) -> str:
    text = body["messages"][-1]["content"]
    return json.dumps([["PERSON", name] for name in ("Ann", "Bob") if name in text])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of the target json whose base model is not on this machine, and documents."""
    write_run(tmp_path / "run", "far/away", labels=["PERSON"], target="json")
    rows = [{"id": f"d{at}", "text": text} for at, text in enumerate(TEXTS)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def predicted(folder: Path, server: StandIn, name: str, *words: str) -> Any:
    known = ["--run", str(folder / "run"), "--data", str(folder / "data.jsonl")]
    where = ["--server", server.url, "--out", str(folder / name), "--batch-size", "1"]
    return CliRunner().invoke(cli, ["predict", *known, *where, *words])


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_the_run_says_what_is_asked(folder: Path) -> None:
    with serving(names) as server:
        done = predicted(folder, server, "p.jsonl", "--max-new-tokens", "99")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (folder / "p.jsonl").read_text().splitlines()]
    assert [len(row["spans"]) for row in rows] == [1, 0, 1, 2, 0, 1]
    record = json.loads((folder / "p.meta.json").read_text())
    assert (record["backend"], record["server"]) == ("openai", server.url)
    asked = server.asked[0]
    prompt = record["serving"]["prompt"]
    assert asked["messages"][0] == {"role": "system", "content": prompt["system"]}
    assert asked["messages"][1]["content"] == prompt["before"] + TEXTS[0] + prompt["after"]
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("m", 0, 99)
    assert asked["repetition_penalty"] == 1
    assert server.keys == [None] * len(TEXTS)


def test_an_interrupted_run_goes_on_at_another_address(folder: Path) -> None:
    with serving(names) as server:
        assert predicted(folder, server, "whole.jsonl").exit_code == 0
    with serving(names) as server:
        server.before = lambda body: len(server.asked) == 3 and server.failures.append(Reply(401))
        done = predicted(folder, server, "p.jsonl")
        assert done.exit_code == 2
        assert "--resume" in done.output
        assert not (folder / "p.jsonl").exists()
    with serving(names) as server:
        other = predicted(folder, server, "p.jsonl", "--resume", "--model", "other")
        assert other.exit_code == 2, "another model is not mixed in"
        assert predicted(folder, server, "p.jsonl", "--resume").exit_code == 0
        assert len(server.asked) <= 3, "what was answered is not asked again"
    assert (folder / "p.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_shards_are_the_whole_in_order(folder: Path) -> None:
    with serving(names) as server:
        for words in ((), ("--shard", "1/2"), ("--shard", "2/2")):
            name = f"{len(words) and words[1][0]}.jsonl"
            done = predicted(folder, server, name, "--batch-size", "4", *words)
            assert done.exit_code == 0, done.output
    whole = (folder / "0.jsonl").read_text().splitlines()
    assert ids(folder / "0.jsonl") == [f"d{at}" for at in range(len(TEXTS))]
    assert whole[::2] == (folder / "1.jsonl").read_text().splitlines()
    assert whole[1::2] == (folder / "2.jsonl").read_text().splitlines()


def test_two_documents_of_one_id_are_refused_before_anything_is_sent(folder: Path) -> None:
    with (folder / "data.jsonl").open("a") as stream:
        stream.write('{"id": "d0", "text": "Ann"}\n')
    with serving(names) as server:
        assert predicted(folder, server, "p.jsonl").exit_code == 2
    assert not server.asked
    assert not (folder / "p.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--backend", "openai"), "--server"),
        (("--backend", "transformers", "--server", "http://[::1]"), "--server"),
        (("--workers", "2"), "--engine ray"),
    ],
)
def test_options_that_belong_together(folder: Path, words: tuple[str, ...], named: str) -> None:
    known = ["--run", str(folder / "run"), "--data", str(folder / "data.jsonl")]
    done = CliRunner().invoke(cli, ["predict", *known, *words])
    assert done.exit_code == 2
    assert named in done.output


def test_answers_that_are_free_for_want_of_drafts(tmp_path: Path) -> None:
    write_run(tmp_path / "run", "far/away", labels=["PERSON"])
    (tmp_path / "data.jsonl").write_text('{"id": "a", "text": "Ann"}\n')
    with serving(lambda body: "<PERSON>Ann</PERSON>") as server:
        done = predicted(tmp_path, server, "p.jsonl")
        assert done.exit_code == 0, done.output
        assert "wrote the copies" in done.output
        dial = predicted(tmp_path, server, "q.jsonl", "--recall-bias", "1")
        assert dial.exit_code == 2
        assert "--recall-bias 0" in dial.output
        forced = predicted(tmp_path, server, "q.jsonl", "--decode", "anchored")
        assert forced.exit_code == 2
    assert json.loads((tmp_path / "p.meta.json").read_text())["decode"] == "free"
    assert json.loads((tmp_path / "p.jsonl").read_text())["spans"][0]["end"] == 3
    assert len(server.asked) == 1


def backend(server: StandIn, model: str = "", adapter: str = "", **more: Any) -> ServerBackend:
    return ServerBackend(Settings("base", adapter, "qwen3", **more), Server(server.url, model))


def test_which_of_its_models_a_server_is_asked_for() -> None:
    prompt = [Message("user", "a")]
    with serving(names) as server:
        server.models = ["base", "pii"]
        with pytest.raises(UsageError, match="2 models: base, pii"):
            backend(server)
        next(backend(server, "pii").generate([prompt]))
        server.models = ["base"]
        with pytest.raises(UsageError, match="lora-modules"):
            backend(server, adapter="runs/r")
        next(backend(server).generate([prompt]))
    assert [each["model"] for each in server.asked] == ["pii", "base"]


@pytest.mark.parametrize(
    ("name", "root"),
    [("models/base", None), ("/srv/models/base", None), ("served", "../models/base")],
)
def test_the_base_model_alone_is_refused_however_it_is_spelled(name: str, root: str | None) -> None:
    with serving(names) as server:
        server.models, server.root = [name], root
        asked = Settings("/here/models/base", "runs/r", "qwen3", server=Server(server.url))
        with pytest.raises(UsageError, match="lora-modules"):
            ServerBackend(asked, Server(server.url))
        ServerBackend(asked, Server(server.url, "served"))


def test_the_name_at_the_server_is_not_that_of_the_base_model(tmp_path: Path) -> None:
    gone = str(tmp_path / "models/gone")
    write_run(tmp_path / "run", gone, labels=["PERSON"], target="json", model_folder=gone)
    (tmp_path / "data.jsonl").write_text('{"id": "a", "text": "Ann"}\n')
    with serving(names) as server:
        for name, words in (("p.jsonl", ()), ("q.jsonl", ("--model", "pii"))):
            done = predicted(tmp_path, server, name, *words)
            assert done.exit_code == 0, done.output
    records = [json.loads((tmp_path / f"{name}.meta.json").read_text()) for name in "pq"]
    assert [each["serving"]["model"] for each in records] == [gone] * 2
    assert [each["model"] for each in server.asked] == ["m", "pii"]


@pytest.mark.parametrize(("thinking", "told"), [(False, True), (True, False), (None, False)])
def test_templates_that_can_think_are_told_not_to(thinking: bool | None, told: bool) -> None:
    with serving(names) as server:
        next(backend(server, enable_thinking=thinking).generate([[Message("user", "a")]]))
    assert ("chat_template_kwargs" in server.asked[0]) is told


def test_where_tokens_stand() -> None:
    bytes_of = {"é1": [0xC3], "é2": [0xA9]}
    pieces = [
        {"token": token, "logprob": -at, "bytes": bytes_of.get(token)}
        for at, token in enumerate(["A", "é1", "é2", "b c", "<|im_end|>"])
    ]
    with serving(names) as server:
        server.failures = [
            Reply(200, completion("Aéb c", "stop", pieces)),
            Reply(200, completion("else", "stop", pieces)),
        ]
        first, second = backend(server, batch_size=1).generate([[Message("user", "a")]] * 2)
    assert first.tokens == (Token(0, 1, 0), Token(1, 1, -1), Token(1, 2, -2), Token(2, 5, -3))
    assert second.tokens == ()


@pytest.mark.parametrize(("written", "said"), [(" b c", "b c"), (" b c", " b c"), (" b", "c")])
def test_white_space_that_a_server_takes_away_is_put_back(written: str, said: str) -> None:
    pieces = [{"token": each, "logprob": -1.0} for each in (written[:2], written[2:], "<end>")]
    with serving(names) as server:
        server.failures = [Reply(200, completion(said, "stop", pieces))]
        (found,) = backend(server).generate([[Message("user", "a")]])
    assert found.text == (written if said.strip() in written else said)
    assert bool(found.tokens) is (found.text == written)


def test_long_texts_are_counted_without_a_tokenizer() -> None:
    with serving(names) as server:
        assert backend(server).count("七个字有多少字") == 7
