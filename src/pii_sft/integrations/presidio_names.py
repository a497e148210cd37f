"""Presidio's names of entities, in the place of a run's labels."""

from __future__ import annotations

from collections.abc import Iterable

from pii_sft.rules.labelling import labelling

PRESIDIO_ENTITIES = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "LOCATION",
    "DATE_TIME",
    "NRP",
    "ORGANIZATION",
    "URL",
    "DOMAIN_NAME",
    "CRYPTO",
    "MEDICAL_LICENSE",
    "AGE",
    "TITLE",
    "US_SSN",
    "US_PASSPORT",
    "US_DRIVER_LICENSE",
    "US_BANK_NUMBER",
    "US_ITIN",
)
"""The names that clients of Presidio ask for."""


def presidio_names(labels: Iterable[str]) -> dict[str, str]:
    """Map the labels of a run to Presidio's names.

    A label that Presidio has no name for keeps its own.
    """
    labels = list(labels)
    named = {label: label for label in labels}
    for entity, label in labelling(dict.fromkeys(PRESIDIO_ENTITIES, ()), labels).items():
        # A label that is one of Presidio's names already stands for itself alone.
        if named.get(label) == label and label not in PRESIDIO_ENTITIES:
            named[label] = entity
    return named
