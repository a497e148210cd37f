"""Annotation formats in, trainer formats out. Each format is one file, listed here."""

from __future__ import annotations

from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import Note, ReadResult, Rejected
from pii_sft.converters.reader import Reader
from pii_sft.converters.writer import Row, Writer
from pii_sft.registry import Registry

READERS: Registry[Reader] = Registry(
    "reader",
    "pii_sft.readers",
    {
        "ai4privacy": "pii_sft.converters.readers.ai4privacy:READER",
        "azure_pii": "pii_sft.converters.readers.azure_pii:READER",
        "brat": "pii_sft.converters.readers.brat:READER",
        "char_spans": "pii_sft.converters.readers.char_spans:READER",
        "cluener": "pii_sft.converters.readers.cluener:READER",
        "comprehend": "pii_sft.converters.readers.comprehend:READER",
        "conll": "pii_sft.converters.readers.conll:READER",
        "deepke": "pii_sft.converters.readers.deepke:READER",
        "dlp": "pii_sft.converters.readers.dlp:READER",
        "doccano": "pii_sft.converters.readers.doccano:READER",
        "documents": "pii_sft.converters.readers.documents:READER",
        "gliner": "pii_sft.converters.readers.gliner:READER",
        "gliner_tokens": "pii_sft.converters.readers.gliner_tokens:READER",
        "gretel_finance": "pii_sft.converters.readers.gretel_finance:READER",
        "gretel_masking": "pii_sft.converters.readers.gretel_masking:READER",
        "hf_tokens": "pii_sft.converters.readers.hf_tokens:READER",
        "i2b2": "pii_sft.converters.readers.i2b2:READER",
        "inline": "pii_sft.converters.readers.inline:READER",
        "kaggle": "pii_sft.converters.readers.kaggle:READER",
        "label_studio": "pii_sft.converters.readers.label_studio:READER",
        "nemotron": "pii_sft.converters.readers.nemotron:READER",
        "oneke": "pii_sft.converters.readers.oneke:READER",
        "paddlenlp_uie": "pii_sft.converters.readers.paddlenlp_uie:READER",
        "presidio": "pii_sft.converters.readers.presidio:READER",
        "presidio_analyzer": "pii_sft.converters.readers.presidio_analyzer:READER",
        "prodigy": "pii_sft.converters.readers.prodigy:READER",
        "pubannotation": "pii_sft.converters.readers.pubannotation:READER",
        "re3d": "pii_sft.converters.readers.re3d:READER",
        "sagemaker": "pii_sft.converters.readers.sagemaker:READER",
        "sft": "pii_sft.converters.readers.sft:READER",
        "spacy": "pii_sft.converters.readers.spacy:READER",
        "tab": "pii_sft.converters.readers.tab:READER",
        "universalner": "pii_sft.converters.readers.universalner:READER",
        "vertex": "pii_sft.converters.readers.vertex:READER",
        "webanno": "pii_sft.converters.readers.webanno:READER",
    },
    extra="data",
)

WRITERS: Registry[Writer] = Registry(
    "writer",
    "pii_sft.writers",
    {
        "alpaca": "pii_sft.converters.writers.llamafactory:ALPACA",
        "axolotl": "pii_sft.converters.writers.axolotl:WRITER",
        "conll": "pii_sft.converters.writers.conll:WRITER",
        "doccano": "pii_sft.converters.writers.doccano:WRITER",
        "documents": "pii_sft.converters.writers.documents:WRITER",
        "label_studio": "pii_sft.converters.writers.label_studio:WRITER",
        "label_studio_predictions": "pii_sft.converters.writers.label_studio:PREDICTIONS",
        "llamafactory": "pii_sft.converters.writers.llamafactory:WRITER",
        "presidio": "pii_sft.converters.writers.presidio:WRITER",
        "spacy": "pii_sft.converters.writers.spacy:WRITER",
        "trl": "pii_sft.converters.writers.trl:WRITER",
    },
    extra="data",
)

ANNOTATION_WRITERS = frozenset(
    (
        "conll",
        "doccano",
        "documents",
        "label_studio",
        "label_studio_predictions",
        "presidio",
        "spacy",
    )
)
"""Writers of texts and spans alone, whatever the answers in the rows."""

__all__ = [
    "ANNOTATION_WRITERS",
    "READERS",
    "WRITERS",
    "Head",
    "Note",
    "ReadResult",
    "Reader",
    "Rejected",
    "Row",
    "Writer",
]
