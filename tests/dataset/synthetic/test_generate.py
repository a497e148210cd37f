"""Synthetic documents: what is labelled, what isn't, and that it repeats."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from stdnum import iban as iban_number
from stdnum import luhn
from stdnum.br import cpf
from stdnum.cn import ric, uscc
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.jp import in_ as my_number
from stdnum.pt import cc, nif

from pii_sft.dataset.synthetic import slots
from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.dataset.synthetic.slots import europe, ids, japanese, money, people
from pii_sft.dataset.synthetic.template import (
    SLOT,
    Slot,
    Template,
    available_languages,
    load_templates,
)
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.labels import read_labels
from pii_sft.spans import Document

LABELS = {
    "PERSON",
    "EMAIL",
    "PHONE",
    "ADDRESS",
    "BIRTH_DATE",
    "ID_NUMBER",
    "BANK_CARD",
    "BANK_ACCOUNT",
    "USERNAME",
    "IP_ADDRESS",
}
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "pt", "zh")
REGISTERS = {"chat", "email", "form", "log", "json", "ticket"}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(synthesise(LANGUAGES, 4800, seed=7))


def surfaces(documents: list[Document], label: str) -> list[str]:
    return [
        document.surface(span)
        for document in documents
        for span in document.spans
        if span.label == label
    ]


def all_templates() -> list[Template]:
    files = [load_templates(language) for language in LANGUAGES]
    return [item for file in files for item in (*file.positives, *file.negatives)]


def test_the_same_arguments_give_the_same_documents() -> None:
    first = list(synthesise(LANGUAGES, 60, seed=3))
    assert first == list(synthesise(LANGUAGES, 60, seed=3))
    assert first != list(synthesise(LANGUAGES, 60, seed=4))


def test_a_smaller_count_is_the_beginning_of_a_larger_one() -> None:
    assert list(synthesise(["zh"], 10)) == list(islice(synthesise(["zh"], 50), 10))


def test_ids_and_meta(documents: list[Document]) -> None:
    assert len({document.id for document in documents}) == len(documents)
    assert documents[0].id == "de-00000"
    groups = {template.id: template.register for template in all_templates()}
    for document in documents:
        assert document.meta["source"] == "synth"
        assert document.id.startswith(document.meta["language"])
        assert document.meta["group"].startswith(document.meta["language"])
        assert groups[document.meta["group"]] == document.meta["register"]


def test_languages_have_equal_shares(documents: list[Document]) -> None:
    shares = Counter(document.meta["language"] for document in documents)
    assert set(shares.values()) == {len(documents) // len(LANGUAGES)}


def test_spans_are_clean_ordered_and_apart(documents: list[Document]) -> None:
    for document in documents:
        end = 0
        for span in document.spans:
            surface = document.surface(span)
            assert surface
            assert surface == surface.strip()
            assert span.start >= end
            end = span.end


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_occurs_in_every_language(documents: list[Document], language: str) -> None:
    mine = [document for document in documents if document.meta["language"] == language]
    assert {span.label for document in mine for span in document.spans} == LABELS


def test_negatives_have_no_spans_and_the_share_asked_for(documents: list[Document]) -> None:
    for document in documents:
        assert (not document.spans) == ("-n" in document.meta["group"])
    share = sum(not document.spans for document in documents) / len(documents)
    assert share == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_all_or_none_negatives(ratio: float) -> None:
    assert {not document.spans for document in synthesise(["en"], 50, negatives=ratio)} == {
        bool(ratio)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_used_once_before_one_repeats(language: str) -> None:
    source = load_templates(language)
    for templates, ratio in ((source.positives, 0.0), (source.negatives, 1.0)):
        made = list(synthesise([language], len(templates), negatives=ratio))
        assert {document.meta["group"] for document in made} == {item.id for item in templates}
        for document in made:
            assert not SLOT.search(document.text)
            assert 15 < len(document.text) < 520


def test_template_ids_are_unique_and_tell_language_and_kind() -> None:
    ids = [template.id for template in all_templates()]
    assert len(set(ids)) == len(ids)
    for language in LANGUAGES:
        source = load_templates(language)
        assert all(re.fullmatch(rf"{language}-t\d{{3}}", item.id) for item in source.positives)
        assert all(re.fullmatch(rf"{language}-n\d{{3}}", item.id) for item in source.negatives)


def test_template_texts_are_unique_and_slots_are_known() -> None:
    for language in LANGUAGES:
        source = load_templates(language)
        kit = slots.LANGUAGES[language]
        known = {*kit.personal, *kit.values}
        templates = [*source.positives, *source.negatives]
        assert len({template.text for template in templates}) == len(templates)
        used = {part for item in templates for part in item.parts() if isinstance(part, Slot)}
        for slot in used:
            assert slot.name in known or slot.name.removeprefix("~") in source.fillers
        assert {f"~{name}" for name in source.fillers} <= {slot.name for slot in used}
        assert all(template.labels() for template in source.positives)
        assert not any(template.labels() for template in source.negatives)


def test_no_slot_is_left_misspelt_in_a_template() -> None:
    for template in all_templates():
        literal = "".join(part for part in template.parts() if isinstance(part, str))
        assert not re.search(r"\{~|\{[A-Z]|[a-z]\}", literal), template.id


def test_a_key_repeats_its_value() -> None:
    templates = {template.id: template for template in all_templates()}
    for document in synthesise(LANGUAGES, 1600, negatives=0.0):
        parts = templates[document.meta["group"]].parts()
        labelled = [part for part in parts if isinstance(part, Slot) and part.label]
        values: dict[Slot, set[str]] = {}
        for slot, span in zip(labelled, document.spans, strict=True):
            assert slot.label == span.label
            if slot.key:
                values.setdefault(slot, set()).add(document.surface(span))
        assert all(len(surface) == 1 for surface in values.values())


def test_first_names_belong_to_the_full_name() -> None:
    makers = slots.LANGUAGES["en"].personal
    rng = Random(1)
    fake = people.Fakers(1)
    for _ in range(50):
        person = people.english_person(fake, rng)
        full = makers["PERSON"](person, rng)
        assert full.startswith(makers["PERSON.first"](person, rng))
        assert full.endswith(makers["PERSON.last"](person, rng))


def test_bank_cards_pass_luhn(documents: list[Document]) -> None:
    cards = surfaces(documents, "BANK_CARD")
    assert cards
    assert all(luhn.is_valid(re.sub(r"[ -]", "", card)) for card in cards)


@pytest.mark.parametrize("seed", range(30))
def test_numbers_with_check_digits_are_valid(seed: int) -> None:
    rng = Random(seed)
    assert iban_number.is_valid(money.iban(rng), check_country=False)
    assert nhs.is_valid(ids.nhs_number(rng))
    assert luhn.is_valid(re.sub(r"[ -]", "", ids.social_insurance_number(rng)))
    assert luhn.is_valid(re.sub(r"[ -]", "", money.english_card(rng)))
    assert luhn.is_valid(money.chinese_card(rng).replace(" ", ""))


def test_chinese_resident_ids_are_valid_and_carry_the_birth_date(
    documents: list[Document],
) -> None:
    numbers = [
        surface
        for surface in surfaces(documents, "ID_NUMBER")
        if re.match(r"\d{17}[\dX]$", surface)
    ]
    assert len(numbers) > 20
    assert all(ric.is_valid(number) for number in numbers)
    rng = Random(5)
    person = people.chinese_person(people.Fakers(1), rng)
    assert ids.resident_id(person, rng)[6:14] == f"{person.born:%Y%m%d}"


VALID = {
    ("de", "ID_NUMBER.tax"): idnr.is_valid,
    ("es", "ID_NUMBER.card"): lambda number: dni.is_valid(number) or nie.is_valid(number),
    ("fr", "ID_NUMBER.social"): nir.is_valid,
    ("it", "ID_NUMBER.fiscal"): codicefiscale.is_valid,
    ("ja", "ID_NUMBER.individual"): my_number.is_valid,
    ("pt", "ID_NUMBER.card"): cc.is_valid,
    ("pt", "ID_NUMBER.cpf"): cpf.is_valid,
    ("pt", "ID_NUMBER.tax"): nif.is_valid,
    ("zh", "ID_NUMBER.credit"): uscc.is_valid,
    ("zh", "ID_NUMBER.resident"): ric.is_valid,
}


@pytest.mark.parametrize(("language", "slot"), VALID)
def test_numbers_of_states_are_valid(language: str, slot: str) -> None:
    kit, rng, fake = slots.LANGUAGES[language], Random(3), people.Fakers(3)
    for _ in range(300):
        person = kit.person(fake, rng)
        personal = kit.personal.get(slot)
        number = personal(person, rng) if personal else kit.values[slot](rng)
        assert VALID[language, slot](number)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_and_accounts_are_valid_in_every_language(language: str) -> None:
    kit, rng = slots.LANGUAGES[language], Random(4)
    for _ in range(200):
        assert luhn.is_valid(re.sub(r"[ -]", "", kit.values["BANK_CARD"](rng)))
        if "BANK_ACCOUNT.iban" in kit.values:
            account = kit.values["BANK_ACCOUNT.iban"](rng)
            assert iban_number.is_valid(account, check_country=language == "es")


def test_an_identity_card_carries_its_check_digit() -> None:
    """The example of ICAO 9303, part 4."""
    assert europe.icao_check_digit("L898902C3") == 6


def test_the_organisation_code_in_a_credit_code_is_valid_too() -> None:
    """GB 11714: the ninth character checks the eight before it."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    for seed in range(200):
        code = ids.credit_code(Random(seed))[8:17]
        total = sum(int(each, 36) * weight for each, weight in zip(code, weights, strict=False))
        assert "0123456789X0"[11 - total % 11 if total % 11 else 11] == code[8]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_register_and_hard_negatives(language: str) -> None:
    source = load_templates(language)
    assert {item.register for item in source.positives} >= REGISTERS
    fillers = {
        part.name for item in source.negatives for part in item.parts() if isinstance(part, Slot)
    }
    assert fillers >= {"~order_number", "~version", "~public_date", "~part_number", "~tracking"}


def test_japanese_eras() -> None:
    person = slots.LANGUAGES["ja"].person(people.Fakers(1), Random(1))
    for born, written in (
        (date(1988, 3, 5), "昭和63年3月5日"),
        (date(1990, 1, 2), "平成2年1月2日"),
    ):
        assert japanese.era_date(replace(person, born=born), Random(1)) == written


def test_a_label_file_restricts_and_renames(tmp_path: Path) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text("labels: {NAME: {aliases: [PERSON]}, PHONE: {}}")
    made = list(synthesise(LANGUAGES, 80, labels=read_labels(file)))
    assert {span.label for document in made for span in document.spans} == {"NAME", "PHONE"}


def test_the_help_names_every_language() -> None:
    from click.testing import CliRunner

    from pii_sft.cli import cli

    done = CliRunner().invoke(cli, ["synth", "--help"])
    assert ", ".join(LANGUAGES) in " ".join(done.output.split())


def test_labels_restrict_the_templates() -> None:
    made = list(synthesise(LANGUAGES, 60, labels={"PERSON", "PHONE"}))
    assert {span.label for document in made for span in document.spans} <= {"PERSON", "PHONE"}
    assert any(document.spans for document in made)


def test_labels_without_a_template_are_refused() -> None:
    with pytest.raises(UsageError, match="BANK_ACCOUNT"):
        synthesise(["en"], 5, labels={"SHOE_SIZE"})


def test_unknown_language_names_those_that_exist() -> None:
    assert available_languages() == list(LANGUAGES) == sorted(slots.LANGUAGES)
    with pytest.raises(UsageError, match="de, en, es, fr, it, ja, pt, zh"):
        synthesise(["tlh"], 5)


@pytest.mark.parametrize(
    ("languages", "count", "negatives"), [([], 1, 0.3), (["en"], -1, 0.3), (["en"], 1, 1.5)]
)
def test_values_out_of_range_are_refused(
    languages: list[str], count: int, negatives: float
) -> None:
    with pytest.raises(UsageError):
        synthesise(languages, count, negatives=negatives)


@pytest.mark.parametrize(("module", "package"), [("faker", "faker"), ("stdnum", "python-stdnum")])
def test_a_missing_package_is_named_with_its_extra(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pii_sft.dataset.synthetic.generate.find_spec",
        lambda name: None if name == module else object(),
    )
    with pytest.raises(MissingExtraError, match=rf"{package} is not .*pii-sft\[synth\]"):
        synthesise(["en"], 1)
