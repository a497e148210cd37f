"""Which documents came before, to the letter or nearly."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pii_sft.dataset.minhash import BANDS, minhasher, shingles, similarity
from pii_sft.dataset.selection.deduplicate import NEAR, near_pairs, near_repeats, repeats
from pii_sft.errors import MissingExtraError

ENGLISH = (
    "Dear Ms Lee, your parcel from the shop in Rome has left our depot and will reach your "
    "address in Milan on Friday between nine and eleven. Please be at home, or name a neighbour."
)
CHINESE = (
    "尊敬的王女士，您在我店购买的商品已经发货，预计本周五上午九点到十一点之间送达您在北京市朝阳区的地址，"
    "请保持手机畅通，如需更改时间请联系客服。"
)


def of(*texts: str) -> np.ndarray:
    hash_bands = minhasher()
    data = b"".join(hash_bands(text) for text in texts)
    assert len(data) == 8 * BANDS * len(texts)
    return np.frombuffer(data, np.uint64).reshape(-1, BANDS)


def near(*texts: str) -> dict[int, int]:
    return near_repeats(of(*texts), np.ones(len(texts), bool), list(texts))


def test_repeats_point_to_the_first() -> None:
    digests = np.array([5, 3, 5, 3, 5, 9], np.uint64)
    later, first = repeats(digests)
    assert dict(zip(later.tolist(), first.tolist(), strict=True)) == {2: 0, 3: 1, 4: 0}


def test_both_digests_have_to_agree() -> None:
    digests = np.array([5, 5], np.uint64)
    later, _ = repeats(digests, np.array([1, 2], np.uint64))
    assert later.tolist() == []


def test_nothing_repeats_in_nothing() -> None:
    none = np.zeros(0, np.uint64)
    assert repeats(none)[0].tolist() == []
    assert list(near_pairs(none.reshape(0, BANDS), np.zeros(0, bool))) == []


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (ENGLISH, ENGLISH.replace("Milan", "Turin")),
        (ENGLISH, ENGLISH.upper()),
        (ENGLISH, ENGLISH.replace(" ", "\n  ")),
        (CHINESE, CHINESE.replace("王女士", "李女士")),
        (CHINESE, CHINESE + "谢谢"),
    ],
)
def test_small_changes_are_seen_through_in_any_script(text: str, other: str) -> None:
    assert near(text, ENGLISH[:40], other) == {2: 0}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (ENGLISH, "Dear Mr Doe, your account at the bank in Oslo was opened on Monday."),
        (CHINESE, "您好，您的银行卡尾号已于昨日完成挂失，请携带身份证到柜台办理新卡。"),
        (ENGLISH, ""),
        ("甲", "乙"),
        ("", "a"),
    ],
)
def test_others_are_not(text: str, other: str) -> None:
    assert near(text, other) == {}


def test_a_chain_ends_at_the_first_that_is_kept() -> None:
    """The third is like the second only, and the second is gone."""
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghijklmnop", k=8)) + " " for _ in range(60)]
    first = "".join(words)
    second = "".join(words[7:])
    third = "".join(words[14:])
    assert similarity(shingles(first), shingles(second)) >= NEAR
    assert similarity(shingles(second), shingles(third)) >= NEAR
    assert similarity(shingles(first), shingles(third)) < NEAR
    assert near(first, second, third) == {1: 0}


def test_rows_that_do_not_count_are_not_compared() -> None:
    texts = [ENGLISH, ENGLISH]
    assert near_repeats(of(*texts), np.array([False, True]), texts) == {}


def test_similarity() -> None:
    assert similarity(shingles("abcd"), shingles("abcd")) == 1.0
    assert similarity(shingles("abcde"), shingles("cdefg")) == pytest.approx(1 / 5)


def test_band_hashes_do_not_depend_on_the_process() -> None:
    assert minhasher()(CHINESE) == minhasher()(CHINESE)
    assert minhasher()(CHINESE) != minhasher()(ENGLISH)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pii_sft.dataset.minhash.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"datasketch.*pii-sft\[near\]"):
        minhasher()
