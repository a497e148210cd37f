"""Files beside annotations that are no annotations themselves; they are skipped and listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pii_sft.records.dataset_folder import DatasetFolder

_SURELY = re.compile(
    r"(readme|licen[cs]e|notice|citation|changelog|authors|contributors|copying|copyright|credits"
    r"|attributions?|disclaimer|version|makefile|dockerfile|(sha|md)\d*sums?|(dev-)?requirements)"
    r"([_-]\w{0,12})?(\.(txt|rst|cff|bib|html?))?"
    r"|.*\.(md|conf|cfg|ini|css|bib|xsd|dtd|png|jpe?g|gif|svg|webp|bmp|ico|tiff?|pdf|docx?|pptx?|xlsx?"
    r"|log|lock|sha\d*|md5|sum|crc|asc|sig|pyc|mp[34]|wav|ogg|ttf|woff2?)"
    r"|.*label_config\.xml|dataset_infos?\.json|dataset_dict\.json|datapackage\.json|thumbs\.db|desktop\.ini",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r".*\.(py|ipynb|sh|bat|js|ts|html?|ya?ml|toml|r|java|css|map)"
    r"|(metadata|meta|config|info|stats|statistics|schema|labels?|label_?map|label2id|id2label|tags"
    r"|classes|types|ontology|package|croissant|state|index|manifest|guidelines?|splits?)"
    r"\.(json|txt|csv|tsv|xml)",
    re.IGNORECASE,
)


def is_auxiliary(path: Path) -> bool:
    """True for files that are never annotations: licences, readmes, settings, pictures."""
    return _SURELY.fullmatch(path.name) is not None


def may_be_auxiliary(path: Path) -> bool:
    """True for programs and metadata files, which are skipped unless a reader knows them."""
    return _LIKELY.fullmatch(path.name) is not None


def own_files(folder: Path) -> Iterator[Path]:
    """List the files to read of a data set that this program wrote; nothing for other folders.

    These are its gold documents, if it has them beside its rows, or else all files of its writer.
    The manifest, the trainer's index and rejected records are not among them.
    """
    data_set = DatasetFolder(folder)
    if not data_set.exists or not data_set.is_own:
        return
    gold = data_set.gold("train").parent
    if gold.is_dir():
        yield from sorted(path for path in gold.iterdir() if path.suffix == ".jsonl")
        return
    about = (data_set.manifest_path, data_set.info_path, data_set.rejected_path)
    yield from sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path not in about and not path.name.startswith(".")
        if not is_auxiliary(path) and not may_be_auxiliary(path)
    )
