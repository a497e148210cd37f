"""Annotation formats in, trainer formats out. Each format is one file, listed here."""

from __future__ import annotations

from pii_sft.converters.base import Head, Note, Reader, Reading, Rejected, Row, Writer
from pii_sft.registry import Registry

READERS: Registry[Reader] = Registry(
    "reader",
    "pii_sft.readers",
    {
        "documents": "pii_sft.converters.readers.documents:READER",
        "gliner": "pii_sft.converters.readers.gliner:READER",
        "presidio": "pii_sft.converters.readers.presidio:READER",
    },
    extra="data",
)

WRITERS: Registry[Writer] = Registry(
    "writer",
    "pii_sft.writers",
    {
        "documents": "pii_sft.converters.writers.documents:WRITER",
        "llamafactory": "pii_sft.converters.writers.llamafactory:WRITER",
    },
    extra="data",
)

__all__ = ["READERS", "WRITERS", "Head", "Note", "Reader", "Reading", "Rejected", "Row", "Writer"]
