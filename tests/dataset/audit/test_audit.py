"""Planted faults are found, each by its rule, with count and places; healthy data is left alone."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from pii_sft.dataset.audit import FIXES, AuditOptions, audit
from pii_sft.dataset.audit.audit import CHECKS
from pii_sft.dataset.audit.check import Subject
from pii_sft.dataset.audit.checks.boundaries import HABITS
from pii_sft.dataset.convert import convert
from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.errors import InputError, UsageError
from pii_sft.files import write_documents
from pii_sft.spans import Document, Span
from tests.conftest import ROOT, annotated
from tests.dataset.audit.planted import healthy, ids, in_splits, one, person, run

BAD = '{"id": "x", "text": "Ann", "spans": [{"start": 0, "end": 9, "label": "A"}]}\n'


def test_healthy_documents_raise_no_alarm(tmp_path: Path) -> None:
    assert ids(run(tmp_path, healthy())) == set()
    split = run(tmp_path, in_splits(healthy()))
    assert ids(split) <= {"rare-labels", "known-surfaces"}
    assert split.passes


@pytest.mark.parametrize("language", ["en", "zh"])
def test_healthy_synthetic_data_raises_no_alarm(language: str, tmp_path: Path) -> None:
    pytest.importorskip("faker")
    found = run(tmp_path, synthesise((language,), 200, seed=5))
    assert [each for each in found.found if each.finding.severity != "note"] == []


def test_every_finding_says_what_to_do_and_shows_no_text(tmp_path: Path) -> None:
    documents = healthy()
    documents[0] = annotated("d0", "Please tell  Zoë Quark now", (" Zoë Qua", "PERSON"))
    documents += [each.replaced(id=f"{each.id}-2") for each in documents[:9]]
    found = run(tmp_path, documents)
    assert found.found
    for each in found.found:
        assert each.finding.title
        assert each.finding.fix
        assert each.count > 0 or each.finding.id == "few-negatives"
    assert "Quark" not in json.dumps(found.to_dict())
    shown = run(tmp_path, documents, AuditOptions(near=False, show_text=True))
    assert "[ Zoë Qua]rk" in json.dumps(shown.to_dict(), ensure_ascii=False)


def test_every_check_reports_nothing_of_nothing() -> None:
    subject = Subject("data.jsonl", AuditOptions())
    for make in CHECKS:
        assert {each.finding.id for each in make(subject).found()} <= {"no-entities"}


def test_documents_without_entities_are_an_error(tmp_path: Path) -> None:
    bare = [each.replaced(spans=()) for each in healthy(30)]
    assert one(run(tmp_path, bare), "no-entities").finding.severity == "error"


def test_shares_of_documents_without_entities(tmp_path: Path) -> None:
    documents = healthy()
    mostly = [each for each in documents if not each.spans] * 3 + documents[:60]
    named = [each.replaced(id=f"n{at}") for at, each in enumerate(mostly)]
    found = one(run(tmp_path, named), "many-negatives")
    assert found.finding.figures["share"] == pytest.approx(260 / 300)
    assert "--negatives 0.15" in found.finding.command
    hardly = [each for each in documents if each.spans]
    assert one(run(tmp_path, hardly), "few-negatives").count == 0


def test_rare_labels_are_counted_in_train(tmp_path: Path) -> None:
    odd = annotated("odd", "Bus 7 to Rome", ("7", "LINE"), split="train")
    only_tested = annotated("new", "IP 10.0.0.1", ("10.0.0.1", "IP"), split="test")
    found = run(tmp_path, [*in_splits(healthy()), odd, only_tested])
    assert one(found, "labels-too-rare").finding.figures["labels"] == {"LINE": 1}
    missing = one(found, "labels-not-in-training")
    assert missing.finding.severity == "error"
    assert missing.finding.figures["labels"] == {"IP": 1}


def test_labels_that_are_spelled_alike(tmp_path: Path) -> None:
    more = [annotated(f"x{n}", f"Tell Wu Li{n}", (f"Wu Li{n}", "B-person")) for n in range(60)]
    found = one(run(tmp_path, healthy() + more), "labels-spelled-alike")
    assert found.finding.figures["listed"] == "B-person = PERSON"


def test_duplicates_and_leaks(tmp_path: Path) -> None:
    documents = in_splits(healthy())
    train = [each for each in documents if each.meta["split"] == "train"]
    test = [each for each in documents if each.meta["split"] == "test"]
    again = train[1].replaced(id="again")
    leaked = test[1].replaced(id="leak", meta={"split": "train"})
    other = train[2].replaced(id="other", spans=train[2].spans[:1])
    assert train[2].spans[:1] != train[2].spans
    taken = train[0].replaced(text=train[0].text + " Bye.")
    found = run(tmp_path, [*documents, again, leaked, other, taken])
    assert [each.id for each in one(found, "exact-duplicates").places] == ["again", "other"]
    assert one(found, "leaked-documents").finding.severity == "error"
    assert [each.id for each in one(found, "leaked-documents").places] == [test[1].id]
    assert "leak in train" in one(found, "leaked-documents").places[0].note
    assert [each.id for each in one(found, "conflicting-duplicates").places] == ["other"]
    assert [each.id for each in one(found, "repeated-ids").places] == [train[0].id]


def test_groups_on_both_sides(tmp_path: Path) -> None:
    documents = [
        each.replaced(meta={**each.meta, "group": f"g{at // 2}"})
        for at, each in enumerate(in_splits(healthy(), every=2))
    ]
    found = one(run(tmp_path, documents), "leaked-groups")
    assert found.count == 120
    assert "--split-by group" in found.finding.command
    kept = [each.replaced(meta={**each.meta, "group": each.id}) for each in documents]
    assert "leaked-groups" not in ids(run(tmp_path, kept))


def test_templates_on_both_sides(tmp_path: Path) -> None:
    surfaces = [person(number) for number in range(60)]
    made = [
        annotated(f"t{n}", f"{each} leaves from stop {n // 3 % 3} now.", (each, "PERSON"))
        for n, each in enumerate(surfaces)
    ]
    documents = [*in_splits(made, every=3)]
    found = one(run(tmp_path, documents), "leaked-templates")
    assert found.count == sum(each.meta["split"] != "train" for each in documents)
    assert "--split-by template" in found.finding.command
    apart = [
        each.replaced(meta={"split": "test" if "stop 2" in each.text else "train"})
        for each in documents
    ]
    assert "leaked-templates" not in ids(run(tmp_path, apart))
    assert "leaked-templates" not in ids(run(tmp_path, made))


def test_advice_keeps_groups_on_one_side(tmp_path: Path) -> None:
    made = [
        annotated(f"t{n}", f"{person(n)} leaves from stop {n % 9}.", (person(n), "PERSON"))
        for n in range(45)
    ]
    write_documents(tmp_path / "in.jsonl", made)
    for split_by, kept in (("template", " --split-by template"), ("group", "")):
        convert([tmp_path / "in.jsonl"], out=tmp_path / split_by, split_by=split_by)
        found = audit([tmp_path / split_by], options=AuditOptions(near=False))
        assert ("leaked-templates" in ids(found)) == (split_by == "group")
        command = one(found, "rare-labels").finding.command
        assert command.endswith(f"{split_by} --oversample auto{kept}")


def test_advice_keeps_the_options_of_the_data_set(tmp_path: Path) -> None:
    made = [
        annotated(f"t{n}", f"{person(n)} leaves from stop {n}.", (person(n), "PERSON"))
        for n in range(45)
    ]
    write_documents(tmp_path / "in.jsonl", made)
    data = tmp_path / "data"
    convert([tmp_path / "in.jsonl"], out=data, target="json", negatives=0.5, seed=7, max_chars=900)
    found = audit([data], options=AuditOptions(near=False))
    command = one(found, "rare-labels").finding.command
    kept = "--target json --seed 7 --negatives 0.5 --max-chars 900"
    assert command == f"pii-sft convert {data} --oversample auto {kept}"
    had = {"--target": "json", "--max-tokens": "9", "--tokenizer": "t", "--seed": "7"}
    again = Subject("data", AuditOptions(), "json", had).converting
    assert again("--target tags --max-chars 3000") == (
        "pii-sft convert data --target tags --max-chars 3000 --seed 7"
    )


def test_near_duplicates_and_near_leaks(tmp_path: Path) -> None:
    pytest.importorskip("datasketch")
    long = "The committee met on the second floor to speak about the budget of the coming year "
    texts = {"a": "train", "b": "train", "c": "test"}
    near = [
        annotated(id, f"{long * 2}and ended at {at} pm.", split=split)
        for at, (id, split) in enumerate(texts.items(), 3)
    ]
    found = run(tmp_path, near + in_splits(healthy())[:24], AuditOptions(near=True))
    assert [each.id for each in one(found, "near-duplicates").places] == ["b"]
    leak = one(found, "leaked-near-duplicates")
    assert [each.id for each in leak.places] == ["c"]
    assert found.figures["near_duplicates"] == {"documents": 2, "leaking": 1}


def test_the_odd_label_out(tmp_path: Path) -> None:
    often = [annotated(f"o{n}", f"Call Acme in {n}", ("Acme", "COMPANY")) for n in range(60)]
    wrong = annotated("wrong", "Acme says no", ("Acme", "CITY"))
    found = run(tmp_path, [*healthy(), *often, wrong])
    odd = one(found, "odd-labels")
    assert odd.count == 1
    assert odd.places[0].id == "wrong"
    (suspect,) = found.suspects
    assert (suspect.kind, suspect.expected) == ("label", "COMPANY")
    assert suspect.score > 0.9
    assert suspect.reason == "60 times COMPANY, 1 times CITY"


def test_ambiguous_strings_are_no_errors(tmp_path: Path) -> None:
    both = [
        annotated(f"o{n}", f"Paris number {n}", ("Paris", "CITY" if n % 2 else "PERSON"))
        for n in range(120)
    ]
    assert ids(run(tmp_path, healthy() + both)) == set()


def test_strings_that_lack_their_label(tmp_path: Path) -> None:
    documents = healthy()
    twice = [
        annotated(f"t{n}", f"{person(0)} met Zoltan Kodaly at {n}", (person(0), "PERSON"),
                  ("Zoltan Kodaly", "PERSON"))
        for n in range(3)
    ]  # fmt: skip
    missed = annotated("missed", "The score by Zoltan Kodaly is lost.")
    part = annotated("part", "Zoltan Kodalys are many; see Bob")
    found = run(tmp_path, [*documents, *twice, missed, part])
    lacking = one(found, "unlabelled-surfaces")
    assert lacking.count == 1
    assert lacking.places[0].id == "missed"
    assert lacking.places[0].span == Span(13, 26, "")
    assert found.suspects[0].expected == "PERSON"


def test_chinese_strings_that_lack_their_label(tmp_path: Path) -> None:
    known = [
        annotated(f"z{n}", f"请联系欧阳明华，第{n}号。", ("欧阳明华", "姓名")) for n in range(60)
    ]
    missed = annotated("missed", "昨天欧阳明华没有来。")
    found = run(tmp_path, [*known, missed])
    assert [each.id for each in one(found, "unlabelled-surfaces").places] == ["missed"]


def test_common_words_do_not_need_a_label(tmp_path: Path) -> None:
    """`May` is a name eight times, and a month sixty times."""
    names = [annotated(f"n{n}", f"May was here on day {n}", ("May", "PERSON")) for n in range(8)]
    months = [annotated(f"m{n}", f"Rain in May of year {n}") for n in range(60)]
    assert "unlabelled-surfaces" not in ids(run(tmp_path, healthy() + names + months))


def test_forms_that_leave_no_doubt(tmp_path: Path) -> None:
    cards = [annotated(f"c{n}", "Card 4111 1111 1111 1111 ok", ("4111 1111 1111 1111", "CARD"))
             .replaced(id=f"c{n}") for n in range(6)]  # fmt: skip
    mail = annotated("mail", "Write to zed@example.com or not")
    card = annotated("card", "It was 5500 0055 5555 5559, or 1234 5678 9012 3456.")
    found = run(tmp_path, [*healthy(), *cards, mail, card])
    lacking = one(found, "unlabelled-patterns")
    assert [each.id for each in lacking.places] == ["mail", "card"]
    assert lacking.places[1].span == Span(7, 26, "")
    assert {each.expected for each in found.suspects} == {"EMAIL", "CARD"}


def test_titles_in_and_out(tmp_path: Path) -> None:
    titled = [
        annotated(f"t{n}", f"So Dr. {person(n)} wrote {n}",
                  (f"Dr. {person(n)}" if n < 10 else person(n), "PERSON"))
        for n in range(40)
    ]  # fmt: skip
    found = one(run(tmp_path, healthy() + titled), "boundary-title")
    assert (found.count, found.finding.severity) == (10, "warning")
    assert found.finding.figures["inside"] == 10
    assert found.finding.figures["outside"] == 30


@pytest.mark.parametrize(
    ("habit", "inside", "outside"),
    [
        ("punctuation", "{},", "{},"),
        ("quotes", '"{}"', '"{}"'),
        ("possessive", "{}'s", "{}'s"),
        ("sign", "${}", "${}"),
        ("honorific", "{}先生", "{}先生"),
    ],
)
def test_other_habits(habit: str, inside: str, outside: str, tmp_path: Path) -> None:
    documents = []
    for n in range(40):
        whole = inside.format(f"Xu{n}") if n < 8 else f"Xu{n}"
        documents.append(annotated(f"h{n}", f"say {outside.format(f'Xu{n}')} {n}", (whole, "NAME")))
    found = one(run(tmp_path, documents), f"boundary-{habit}")
    assert found.count == 8


def test_addresses_whole_and_in_parts(tmp_path: Path) -> None:
    towns = ("Springfield", "Riverton", "Oakdale")
    documents = []
    for n in range(60):
        street, town = f"{n} Elm Street", towns[n % 3]
        marked = f"{street}, {town}" if n % 2 else street
        documents.append(
            annotated(f"a{n}", f"Send it to {street}, {town}. Thanks", (marked, "ADDRESS"))
        )
    found = one(run(tmp_path, documents), "divided-entities")
    assert found.finding.figures["whole"] == 30
    assert found.finding.figures["apart"] == 30


def test_towns_that_are_labelled_apart(tmp_path: Path) -> None:
    documents = []
    for n in range(60):
        street, town = f"{n} Elm Street", ("Springfield", "Riverton", "Oakdale")[n % 3]
        marked = (
            ((f"{street}, {town}", "ADDRESS"),) if n % 2 else ((street, "ADDRESS"), (town, "CITY"))
        )
        documents.append(annotated(f"a{n}", f"Send it to {street}, {town}. Thanks", *marked))
    found = one(run(tmp_path, documents), "adjoining-entities")
    assert (found.finding.figures["label"], found.finding.figures["part"]) == ("ADDRESS", "CITY")
    assert found.count == 30


def test_spans_that_overlap(tmp_path: Path) -> None:
    text = "Ann Lee Ray of Rome"
    documents = [
        Document("cross", text, (Span(0, 7, "A"), Span(4, 11, "A"))),
        Document("nest", text, (Span(0, 11, "A"), Span(4, 7, "B"))),
        Document("twice", text, (Span(15, 19, "A"), Span(15, 19, "B"))),
    ]
    found = run(tmp_path, documents)
    assert [each.id for each in one(found, "crossing-spans").places] == ["cross"]
    assert [each.id for each in one(found, "nested-spans").places] == ["nest"]
    assert [each.id for each in one(found, "twice-labelled").places] == ["twice"]


def test_spans_that_cannot_be_meant(tmp_path: Path) -> None:
    documents = [
        Document("white", "to Ann now", (Span(3, 7, "A"),)),
        Document("blank", "to  Ann", (Span(2, 4, "A"),)),
        Document("sign", "to Ann, Bob", (Span(6, 7, "A"),)),
        Document("word", "to Annabel", (Span(3, 6, "A"),)),
        Document("accent", "to Zoe\u0308 now", (Span(3, 6, "A"),)),
        Document("emoji", "hi 👩\u200d🚒 you", (Span(3, 4, "A"),)),
        Document("camel", "#AnnLee", (Span(1, 4, "A"), Span(4, 7, "A"))),
        Document("money", "EUR500", (Span(3, 6, "A"),)),
        Document("zh", "王小明住在北京", (Span(0, 3, "A"), Span(5, 7, "A"))),
        Document("long", "x " * 400, (Span(0, 799, "A"),)),
    ]
    found = run(tmp_path, documents)
    assert [each.id for each in one(found, "white-space-edges").places] == ["white"]
    assert [each.id for each in one(found, "empty-spans").places] == ["blank", "sign"]
    assert [each.id for each in one(found, "half-words").places] == ["word"]
    assert [each.id for each in one(found, "half-characters").places] == ["accent", "emoji"]
    assert [each.id for each in one(found, "long-spans").places] == ["long"]


def test_check_digits(tmp_path: Path) -> None:
    good = ["4111111111111111", "5500005555555559", "340000000000009", "6011000000000004"] * 5
    documents = [
        annotated(f"c{n}", f"card {card} end {n}", (card, "CREDIT_CARD"))
        for n, card in enumerate([*good, "4111111111111112", "**** **** **** 1234"])
    ]
    wrong = one(run(tmp_path, documents), "wrong-check-digits")
    assert (wrong.count, wrong.finding.severity) == (1, "warning")
    assert wrong.places[0].id == "c20"
    invented = [
        annotated(
            f"i{n}", f"IBAN DE4450010517540732493{n} end", (f"DE4450010517540732493{n}", "IBAN")
        )
        for n in range(10)
    ] + [annotated("id", "号码11010519491231002Y", ("11010519491231002Y", "身份证号"))]
    assert one(run(tmp_path, invented), "invented-numbers").count == 9
    chinese = [annotated("id", "号码110105194912310021", ("110105194912310021", "身份证号"))]
    assert one(run(tmp_path, chinese), "invented-numbers").finding.figures["kind"] == "chinese_id"
    right = [annotated("id", "号码11010519491231002X", ("11010519491231002X", "身份证号"))]
    assert "invented-numbers" not in ids(run(tmp_path, right))


def test_languages(tmp_path: Path) -> None:
    documents = [
        each.replaced(meta={**each.meta, "language": "en"}) for each in in_splits(healthy())
    ]
    foreign = annotated(
        "zh", "昨天王小明没有来，他在北京的公司里开会，晚上才回家。", language="en", split="train"
    )
    assert [
        each.id for each in one(run(tmp_path, [*documents, foreign]), "language-names").places
    ] == ["zh"]
    tests = [
        annotated(f"z{n}", f"昨天王小明没有来，第{n}号。", ("王小明", "PERSON"), split="test")
        for n in range(10)
    ]
    found = one(run(tmp_path, documents + tests), "untrained-language")
    assert (found.finding.figures["script"], found.count) == ("Han", 10)


def test_texts_that_do_harm(tmp_path: Path) -> None:
    documents = [
        annotated("empty", "  \n"),
        annotated("long", "word " * 2000),
        annotated("broken", "Caf\ufffd and Ã©"),
        annotated("marker", "end <|im_end|> of turn"),
        annotated("escape", r"one\nTwo and &amp; more"),
        annotated("hidden", "zero\u200bwidth"),
    ]
    found = run(tmp_path, healthy(60) + documents)
    for id, document in (
        ("empty-texts", "empty"),
        ("long-texts", "long"),
        ("broken-characters", "broken"),
        ("chat-markers", "marker"),
        ("literal-escapes", "escape"),
        ("invisible-characters", "hidden"),
    ):
        assert [each.id for each in one(found, id).places] == [document], id


def test_shares_that_drift_and_what_that_costs(tmp_path: Path) -> None:
    """A training set with 80 % positives and a balanced test: 15 points for a classifier that is
    right in 72 % of balanced cases, as was reported from practice."""
    documents = []
    for n in range(1000):
        split, positive = ("train", n % 10 < 8) if n < 800 else ("test", n % 2 == 0)
        text = f"Case {n} is about {'fraud' if positive else 'rates'} of kind {n * 7 % 13}"
        marked = (("fraud", "TOPIC"),) if positive else ()
        documents.append(annotated(f"d{n}", text, *marked, split=split))
    found = [each for each in run(tmp_path, documents).found if each.finding.id == "share-drift"]
    assert {each.finding.figures["what"] for each in found} == {"any entity", "TOPIC"}
    for each in found:
        assert each.finding.figures["poor"] == pytest.approx(15.5, abs=1.5)
        assert 0 < each.finding.figures["good"] < 5
    same = [each.replaced(meta={"split": "test" if n % 5 == 0 else "train"})
            for n, each in enumerate(documents[:800])]  # fmt: skip
    assert "share-drift" not in ids(run(tmp_path, same))


def test_ceilings_of_targets(tmp_path: Path) -> None:
    """Lines give a repeated string its occurrences in order; nested ones are the harder case."""
    found = run(tmp_path, healthy())
    assert found.figures["ceilings"] == {"json": 1.0, "lines": 1.0, "tags": 1.0}
    assert found.figures["ceilings_measured_on"] == 240


def test_what_a_model_contradicts(tmp_path: Path) -> None:
    documents = in_splits(healthy())
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w") as stream:
        for document in documents:
            spans = [
                {"start": each.start, "end": each.end, "label": each.label, "score": 0.99}
                for each in document.spans
            ]
            if document.id == "d8":
                spans.append({"start": 0, "end": 5, "label": "PERSON", "score": 0.97})
            if document.id == "d20":
                spans.append({"start": 0, "end": 5, "label": "PERSON", "score": 0.3})
            if document.id == "d4":
                spans = spans[:1]
            stream.write(json.dumps({"id": document.id, "spans": spans}) + "\n")
    options = AuditOptions(near=False, predictions=(predictions,), confidence=0.9)
    found = run(tmp_path, documents, options)
    assert [each.place.id for each in found.suspects] == ["d8"]
    assert found.suspects[0].score == 0.97
    assert one(found, "in-fold-predictions").count == 180
    sure = AuditOptions(near=False, predictions=(predictions,), confidence=0.8, out_of_fold=True)
    everything = run(tmp_path, documents, sure)
    kinds = {each.place.id: each.kind for each in everything.suspects}
    assert kinds == {"d8": "predicted", "d4": "not_predicted"}


def test_predictions_of_other_texts_are_refused(tmp_path: Path) -> None:
    documents = healthy()
    predictions = tmp_path / "predictions.jsonl"
    rows = [{"id": each.id, "spans": [], "text_digest": each.text_digest} for each in documents]
    options = AuditOptions(near=False, predictions=(predictions,))
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(tmp_path, documents, options)
    rows[3]["text_digest"] = "0" * 16
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match=rf"{documents[3].id}\] was predicted with another text"):
        run(tmp_path, documents, options)


@pytest.mark.parametrize("writer", ["llamafactory", "trl", "documents", "presidio"])
def test_a_converted_folder_is_read_from_its_documents(writer: str, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", healthy())
    split = "train=0.8,dev=0.1,test=0.1"
    convert([tmp_path / "in.jsonl"], writers=[writer], split=split, out=tmp_path / "pii")
    found = audit([tmp_path / "pii"], AuditOptions(near=False))
    assert found.documents == 240
    assert set(found.figures["splits"]) == {"train", "dev", "test"}
    assert found.passes


def test_copies_for_training_are_no_duplicates(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", healthy())
    convert([tmp_path / "in.jsonl"], oversample="auto", augment="swap=0.5", out=tmp_path / "pii")
    found = audit([tmp_path / "pii"], AuditOptions(near=False))
    assert found.documents == 240
    assert "copies that convert made" in found.notes[-1]
    assert found.passes


def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    write_documents(path, healthy(20))
    with path.open("a") as stream:
        stream.write(
            '{"id": "x", "text": "Ann", "spans": [{"start": 0, "end": 9, "label": "A"}]}\n'
        )
    found = one(audit([path]), "unreadable-records")
    assert found.count == 1
    assert "data.jsonl:21" in found.finding.evidence
    path.write_text(BAD)
    with pytest.raises(InputError, match=r"data\.jsonl:1"):
        audit([path])


def test_many_strings_become_a_sample(tmp_path: Path) -> None:
    often = [annotated(f"o{n}", f"Call Acme in {n}", ("Acme", "COMPANY")) for n in range(60)]
    exact = run(tmp_path, healthy() + often).figures["surfaces"]
    assert exact["sampled"] == 1
    few = run(tmp_path, healthy() + often, AuditOptions(near=False, surfaces=50)).figures[
        "surfaces"
    ]
    assert few["sampled"] > 1
    assert few["different"] <= 50


@pytest.mark.parametrize("options", [{"cutoff_len": 0}, {"confidence": 0.0}, {"surfaces": 0}])
def test_options_that_cannot_be_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        AuditOptions(**options)  # type: ignore[arg-type]


def test_bounds_that_disagree_in_published_addresses(shared_data: Path) -> None:
    """A model found 85 of 121 addresses of this corpus with other bounds."""
    found = audit(
        [shared_data / "presidio_research_en/synth_dataset_v2.json"], AuditOptions(near=False)
    )
    divided = one(found, "divided-entities")
    assert divided.finding.figures["label"] == "STREET_ADDRESS"
    assert divided.count > 100
    assert one(found, "adjoining-entities").finding.figures["part"] == "GPE"


def test_every_rule_is_documented() -> None:
    page = (ROOT / "docs/auditing.md").read_text("utf-8")
    rules = set()
    for path in (ROOT / "src/pii_sft/dataset/audit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                rules |= set(re.findall(r"\A[a-z]+(?:-[a-z]+)+\Z", node.value))
    assert len(rules) > 30
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in page] == []
    assert [habit for habit in HABITS if f"`boundary-{habit}`" not in page] == []
    assert [fix for fix in FIXES if f"`{fix}`" not in page] == []
