from __future__ import annotations

import pytest

from pii_sft.dataset.split import Group, Together, assign, parse_ratios
from pii_sft.errors import UsageError

RATIOS = {"train": 0.8, "dev": 0.1, "test": 0.1}


def groups(count: int, labels: list[set[str]]) -> dict[str, Group]:
    made = {}
    for number in range(count):
        made[f"g{number}"] = Group()
        made[f"g{number}"].add(labels[number % len(labels)])
    return made


def test_ratios_keep_the_usual_order() -> None:
    assert list(parse_ratios("test=0.25,train=0.75")) == ["train", "test"]


@pytest.mark.parametrize(
    "text", ["", "train", "train=x", "train=0.5,train=0.5", "train=0.5", "train=1.2", "all=1"]
)
def test_ratios_that_can_not_be(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ratios(text)


def test_shares_are_met_and_every_label_is_everywhere() -> None:
    made = groups(1000, [{"A"}, {"A", "B"}, set(), {"C"}])
    chosen = assign(made, RATIOS, seed=1)
    for split, share in RATIOS.items():
        members = [key for key, name in chosen.items() if name == split]
        assert len(members) == pytest.approx(1000 * share, abs=4)
        for label in ("A", "B", "C", ""):
            assert any(label in made[key].labels for key in members)


def test_a_rare_label_reaches_the_test_split() -> None:
    made = groups(200, [{"A"}])
    for number in range(0, 200, 20):
        made[f"g{number}"].labels["RARE"] += 1
    chosen = assign(made, RATIOS, seed=3)
    rare = [chosen[f"g{number}"] for number in range(0, 200, 20)]
    assert sorted(set(rare)) == ["dev", "test", "train"]


def test_the_seed_decides_and_nothing_else() -> None:
    made = groups(100, [{"A"}, set()])
    backwards = dict(reversed(made.items()))
    assert assign(made, RATIOS, 5) == assign(backwards, RATIOS, 5)
    assert assign(made, RATIOS, 5) != assign(made, RATIOS, 6)


def test_joined_groups_have_one_representative() -> None:
    together = Together()
    together.join("b", "c")
    together.join("a", "c")
    assert {together.representative(name) for name in "abc"} == {"a"}
    assert together.representative("d") == "d"
