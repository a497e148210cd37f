"""Known formats that no reader reads, with advice on how to convert them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pii_sft.converters.entities.json_fields import META_KEYS
from pii_sft.converters.files.head import Head
from pii_sft.entity_keys import EITHER_KEYS, END_KEYS, LABEL_KEYS, START_KEYS, plain_key

_SAMPLE = 4096


def unread_format(head: Head) -> str:
    """The format of a file that no reader reads, and what to do about it; empty if unknown."""
    beginning = head.text[:_SAMPLE]
    if beginning.lstrip().startswith("<"):
        for element, advice in _XML.items():
            if f"<{element}" in beginning:
                return advice
    for keys, advice in _JSON.items():
        if head.record.keys() >= set(keys):
            return advice
    if advice := _records_inside(head.record):
        return advice
    if head.record and _TEXT_NAMES & set(head.record) and not _annotated(head.record):
        return (
            f"its first record (line 1) has a text and no annotation. {_HOW_TO_ANNOTATE}; "
            "texts without annotation are for `pii-sft predict`"
        )
    if _is_row_of_entity(head):
        return (
            "records of one entity each, with its text; make one record of each text, with a list "
            'of all its entities: {"text": ..., "entities": [{"start", "end", "label"}]}'
        )
    return next((kind for start, kind in _UNREAD.items() if head.data.startswith(start)), "")


_TEXT_NAMES = frozenset(("text", "full_text", "source_text", "sentence", "content"))
_HOW_TO_ANNOTATE = 'A reviewed document without entities says so: "spans": []'


def _annotated(record: Mapping[str, Any]) -> bool:
    """True if a record has more than its text and what is known of it."""
    about = {*META_KEYS, "id", "uid", "doc_id", "meta", "metadata", "lang", *_TEXT_NAMES}
    return any(value is not None and key not in about for key, value in record.items())


def _is_row_of_entity(head: Head) -> bool:
    """True for a text, a label and a place or a string side by side."""
    names = head.record or re.split(r"[,;\t]", head.text[:_SAMPLE].partition("\n")[0])
    keys = {plain_key(name) for name in names}
    place = keys & set(START_KEYS) and keys & set(END_KEYS)
    has_text = keys & {"text", "sentence", "content", "document", "fulltext", "sourcetext"}
    return bool(has_text and keys & set(LABEL_KEYS) and (place or keys & {*EITHER_KEYS, "value"}))


def _records_inside(record: Mapping[str, Any]) -> str:
    """Advice on taking records out of the one object that holds them."""
    records = [value for value in record.values() if isinstance(value, dict)]
    if records and len(records) == len(record) and all(_TEXT_NAMES & set(each) for each in records):
        return (
            "one object with a record under each key; make it a list of records: "
            "jq 'to_entries | map({id: .key} + .value)' IN > OUT"
        )
    for key, value in record.items():
        texts = isinstance(value, list) and value and isinstance(value[0], dict)
        if key in _WRAPPERS and texts and _TEXT_NAMES & set(value[0]):
            return f"its records are a list under `{key}`; take that out: jq .{key} IN > OUT"
    return ""


_WRAPPERS = ("data", "documents", "examples", "records", "items", "rows", "annotations", "dataset")
_OFFSETS = 'make it {"text": ..., "entities": [{"start", "end", "label"}]}, an object for each'
_XML = {
    "GateDocument": "a GATE document, which is not read; export it from GATE as BRAT",
    "xmi:XMI": "UIMA XMI, which is not read; export it as WebAnno TSV 3 (INCEpTION does)",
    "TEI": f"TEI, which is not read; {_OFFSETS}",
    "collection": f"BioC XML, which is not read; {_OFFSETS}",
}
_JSON = {
    ("rasa_nlu_data",): (
        "Rasa's JSON, which is not read; make it YAML: rasa data convert nlu -f yaml"
    ),
    ("projectFileVersion", "assets"): (
        "a project of Azure's custom entity recognition, which is not read; its offsets are those "
        f"of files beside it: {_OFFSETS}"
    ),
    ("data_row", "projects"): f"an export of Labelbox, which is not read; {_OFFSETS}",
    ("annotatable", "entities"): (
        f"an export of tagtog, whose texts are in HTML files; it is not read: {_OFFSETS}"
    ),
    ("documentName", "document", "tokens"): (
        "an export of UBIAI, which is not read; export it as spaCy or with offsets"
    ),
    ("fields", "responses"): f"records of Argilla, which are not read; {_OFFSETS}",
    ("utterances",): f"an export of LUIS, which is not read; {_OFFSETS}",
    ("%TYPES",): "UIMA CAS as JSON, which is not read; export it as WebAnno TSV 3",
}
"""Formats that are recognised by the keys of their first record, and not read."""


_UNREAD = {
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"%PDF": "a PDF file; annotation tools export text, which is what is read",
}
