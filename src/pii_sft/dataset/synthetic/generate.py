"""Synthetic documents: hand-written templates, filled with invented values."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.util import find_spec

import msgspec

from pii_sft.dataset.synthetic.template import (
    Template,
    TemplateFile,
    available_languages,
    load_templates,
)
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.labels import LabelSet
from pii_sft.spans import Document


def synthesise(
    languages: Sequence[str],
    count: int,
    seed: int = 42,
    negatives: float = 0.3,
    labels: Collection[str] | LabelSet | None = None,
) -> Iterator[Document]:
    """Make synthetic documents; the same arguments always give the same documents.

    Languages take turns. Within a language, all templates of a kind are used once, in random
    order, before one is used again. `meta["group"]` is the template's id: split by it, or the
    test split holds the sentences of the training split.

    Args:
        languages: codes of languages that have templates, such as `("en", "zh")`.
        count: number of documents over all languages.
        seed: start of the random generator.
        negatives: probability of a document without personal data, 0 to 1.
        labels: use only templates all of whose labels are among these; those of a label file are
            written as it names them. None means all.

    Raises:
        UsageError: an unknown language, none at all, a number out of range, or labels that leave
            no template of a language.
        MissingExtraError: Faker or python-stdnum is not installed.
    """
    if not languages:
        raise UsageError(f"name at least one language of {', '.join(available_languages())}")
    if count < 0 or not 0 <= negatives <= 1:
        raise UsageError("count must not be negative, and negatives must lie between 0 and 1")
    sources = {language: _restricted(language, labels) for language in languages}
    _need_packages()
    documents = _stream(sources, count, seed, negatives)
    return map(labels.applied, documents) if isinstance(labels, LabelSet) else documents


def _restricted(language: str, labels: Collection[str] | LabelSet | None) -> TemplateFile:
    source = load_templates(language)
    if labels is None:
        return source
    known = frozenset[str]().union(*(template.labels() for template in source.positives))
    wanted = {label for label in known if label in labels}
    positives = [template for template in source.positives if template.labels() <= wanted]
    if not positives:
        raise UsageError(
            f"no template of language {language!r} has only the labels asked for; "
            f"labels in its templates: {', '.join(sorted(known))}"
        )
    return msgspec.structs.replace(source, positives=positives)


def _need_packages() -> None:
    for module, package in (("faker", "faker"), ("stdnum", "python-stdnum")):
        if find_spec(module) is None:
            raise MissingExtraError(package, "synth")


def _stream(
    sources: Mapping[str, TemplateFile], count: int, seed: int, negatives: float
) -> Iterator[Document]:
    from pii_sft.dataset.synthetic.slots.people import Fakers
    from pii_sft.dataset.synthetic.template_renderer import TemplateRenderer

    rng = random.Random(seed)  # noqa: S311 - documents must repeat, nothing is secret
    faker = Fakers(seed)
    positive = {language: _cycle(source.positives, rng) for language, source in sources.items()}
    negative = {language: _cycle(source.negatives, rng) for language, source in sources.items()}
    order = list(sources)
    for number in range(count):
        language = order[number % len(order)]
        template = next((negative if rng.random() < negatives else positive)[language])
        renderer = TemplateRenderer(language, sources[language].fillers, faker, rng)
        text, spans = renderer.render(template)
        meta = {
            "language": language,
            "group": template.id,
            "source": "synth",
            "register": template.register,
        }
        yield Document(f"{language}-{number:05}", text, spans, meta)


def _cycle(templates: Sequence[Template], rng: random.Random) -> Iterator[Template]:
    """Yield templates for ever, each once in random order before any comes again."""
    while True:
        yield from rng.sample(templates, len(templates))
