"""Texts of all clients in common batches: none lost, none mixed up, one spoils no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from pii_sft.server import batching
from pii_sft.server.batching import Batcher, ClosedError, TooBusyError


class Shouting:
    """Answers in capital letters, and remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.followed_up: list[bool] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, texts: Sequence[str], follow_up: bool) -> list[str]:
        self.followed_up.append(follow_up)
        self.batches.append(list(texts))
        assert self.may_go.wait(20)
        if "bad" in texts:
            raise ValueError("bad")
        return [text.upper() for text in texts]


async def started(answer: Shouting, batch_size: int = 4, waiting: int = 100) -> Batcher[str]:
    batcher: Batcher[str] = Batcher(answer, batch_size, waiting)
    batcher.start()
    return batcher


async def until(condition: object) -> None:
    for _ in range(2000):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")


def test_many_clients_share_batches_and_get_their_own_answers() -> None:
    answer = Shouting()

    async def run() -> list[list[str]]:
        batcher = await started(answer)
        every = await asyncio.gather(*(batcher.answers([f"a{n}", f"b{n}"]) for n in range(50)))
        await batcher.close()
        return every

    assert asyncio.run(run()) == [[f"A{n}", f"B{n}"] for n in range(50)]
    assert len(answer.batches) < 50
    assert max(map(len, answer.batches)) == 4


def test_a_text_that_fails_spoils_no_other() -> None:
    answer = Shouting()

    async def run() -> list[object]:
        batcher = await started(answer)
        answer.may_go.clear()
        first = asyncio.create_task(batcher.answers(["first"]))
        await until(lambda: answer.batches)
        rest = [asyncio.create_task(batcher.answers([text])) for text in ("good", "bad", "fine")]
        await until(lambda: batcher.waiting == 3)
        answer.may_go.set()
        found = await asyncio.gather(first, *rest, return_exceptions=True)
        await batcher.close()
        return found

    first, good, bad, fine = asyncio.run(run())
    assert (first, good, fine) == (["FIRST"], ["GOOD"], ["FINE"])
    assert isinstance(bad, ValueError)


def test_a_full_queue_takes_nothing_of_a_request() -> None:
    answer = Shouting()

    async def run() -> None:
        batcher = await started(answer, batch_size=1, waiting=2)
        answer.may_go.clear()
        first = asyncio.create_task(batcher.answers(["first"]))
        await until(lambda: answer.batches)
        second = asyncio.create_task(batcher.answers(["second"]))
        await until(lambda: batcher.waiting == 1)
        with pytest.raises(TooBusyError):
            await batcher.answers(["third", "fourth"])
        assert batcher.waiting == 1
        answer.may_go.set()
        assert await first == ["FIRST"]
        assert await second == ["SECOND"]
        await batcher.close()

    asyncio.run(run())
    assert answer.batches == [["first"], ["second"]]


def test_a_client_that_is_gone_costs_no_pass() -> None:
    answer = Shouting()

    async def run() -> None:
        batcher = await started(answer, batch_size=1)
        answer.may_go.clear()
        first = asyncio.create_task(batcher.answers(["first"]))
        await until(lambda: answer.batches)
        gone = asyncio.create_task(batcher.answers(["gone"]))
        await until(lambda: batcher.waiting == 1)
        gone.cancel()
        answer.may_go.set()
        await first
        assert await batcher.answers(["last"]) == ["LAST"]
        await batcher.close()

    asyncio.run(run())
    assert answer.batches == [["first"], ["last"]]


def test_what_waits_is_answered_at_the_end() -> None:
    answer = Shouting()

    async def run() -> None:
        batcher = await started(answer, batch_size=1)
        answer.may_go.clear()
        tasks = [asyncio.create_task(batcher.answers([f"t{n}"])) for n in range(5)]
        await until(lambda: batcher.waiting == 4)
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        with pytest.raises(ClosedError):
            await batcher.answers(["late"])
        answer.may_go.set()
        await closing
        assert [each.result() for each in tasks] == [[f"T{n}"] for n in range(5)]

    asyncio.run(run())


def test_long_texts_are_not_gathered() -> None:
    answer = Shouting()
    long = "x" * 40_000

    async def run() -> None:
        batcher = await started(answer)
        answer.may_go.clear()
        first = asyncio.create_task(batcher.answers(["first"]))
        await until(lambda: answer.batches)
        rest = asyncio.create_task(batcher.answers([long, "a", "b"]))
        await until(lambda: batcher.waiting == 3)
        answer.may_go.set()
        await first
        await rest
        await batcher.close()

    asyncio.run(run())
    assert [len(each) for each in answer.batches] == [1, 1, 2]


def test_clients_who_are_answered_together_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asks again when it has its answer; the first to be back is not answered alone."""
    monkeypatch.setattr(batching, "_RETURN_SECONDS", 60.0)
    monkeypatch.setattr(batching, "_RETURN_SHARE", 1e9)
    answer = Shouting()

    async def client(batcher: Batcher[str]) -> None:
        for number in range(5):
            await batcher.answers([str(number)])

    async def run() -> None:
        batcher = await started(answer)
        answer.may_go.clear()
        first = asyncio.create_task(batcher.answers(["first"]))
        await until(lambda: answer.batches)
        clients = [asyncio.create_task(client(batcher)) for _ in range(4)]
        await until(lambda: batcher.waiting == 4)
        answer.may_go.set()
        await asyncio.gather(first, *clients)
        await batcher.close()

    asyncio.run(run())
    assert [len(each) for each in answer.batches] == [1, 4, 4, 4, 4, 4]


def test_a_batch_is_followed_up_if_one_of_its_texts_is() -> None:
    answer = Shouting()

    async def run() -> None:
        batcher = await started(answer)
        await batcher.answers(["a"])
        await asyncio.gather(batcher.answers(["b"]), batcher.answers(["c"], follow_up=True))
        await batcher.close()

    asyncio.run(run())
    assert answer.followed_up == [False, True]
