"""Names of the parts of an entity in JSON, in annotation files and in answers alike.

Keys are compared as `plain_key` writes them: in lower case, letters and digits alone. Where several
keys of an object fit, the earlier one of a tuple counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

_NOT_IN_KEYS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """The form in which keys are compared, the same for `Start-Offset` and `startOffset`."""
    return _NOT_IN_KEYS.sub("", key).lower()


LABEL_KEYS = (
    *("label", "type", "entitytype", "category", "tag", "class", "entitygroup", "entitylabel"),
    *("entitycategory", "piitype", "displayname", "labelname", "nertag", "nerlabel", "kind"),
    *("entityclass", "entitytag", "extractionclass", "semantictype", "labeltype", "typename"),
    *("tagname", "classname", "categoryname", "spanlabel", "mentiontype", "ner", "nertype"),
    *("标签", "类型", "类别", "实体类型", "实体类别", "标注", "標籤", "類型", "類別"),
    *("étiquette", "etiqueta", "etichetta", "etikett", "typ", "tipo", "kategorie", "categoria"),
    *("catégorie", "categoría", "метка", "тип", "категория", "ラベル", "種類", "タイプ", "라벨"),
    *("유형", "종류", "نوع", "النوع"),
)
LABELS_KEYS = ("labels", "types", "categories", "tags", "classes")
"""Keys under which an entity has several labels."""

SURFACE_KEYS = (
    *("text", "value", "span", "word", "mention", "surface", "string", "quote"),
    *("entityvalue", "entitytext", "spantext", "matchedtext", "surfaceform", "surfacetext"),
    *("entityname", "entityword", "entitystring", "nerchunk", "chunk", "phrase", "token", "match"),
    *("substring", "snippet", "coveredtext", "extractiontext", "mentiontext", "exacttext", "exact"),
    *("annotatedtext", "originaltext", "term", "content"),
    *("文本", "内容", "值", "原文", "实体文本", "实体内容", "內容"),
    *("texte", "texto", "testo", "wert", "valeur", "valor", "valore", "текст", "значение"),
    *("テキスト", "値", "文字列", "텍스트", "값", "النص"),
)
SURFACES_KEYS = ("texts", "values", "spans", "words", "mentions", "surfaces", "strings")
"""Keys under which a label has several strings."""

EITHER_KEYS = ("entity", "name", "实体", "名称", "实体名称")
"""Keys that some use for the label and others for the string."""

_STARTS, _ENDS = ("start", "begin", "beg"), ("end", "stop")
_MEASURES = (
    *("", "offset", "idx", "index", "pos", "position", "char", "character", "charoffset"),
    *("charindex", "charidx", "charpos", "characteroffset", "location", "inclusive", "exclusive"),
)
_THINGS = (
    *("char", "character", "span", "entity", "ent", "mention", "text", "offset", "idx", "index"),
    *("pos", "position", "characteroffset", "charoffset", "string"),
)


def _spelled(words: tuple[str, ...]) -> tuple[str, ...]:
    """Every way to say, say, `start`: `startoffset`, `charstart`, `spanstart` ..."""
    behind = [word + measure for measure, word in product(_MEASURES, words)]
    before = [thing + word for thing, word in product(_THINGS, words)]
    both = [
        thing + word + measure for thing, word, measure in product(_THINGS, words, _MEASURES[1:])
    ]
    return tuple(dict.fromkeys((*behind, *before, *both)))


START_KEYS = (*_spelled(_STARTS), "offset", "起始位置", "开始位置", "起始", "开始")
END_KEYS = (*_spelled(_ENDS), "结束位置", "终止位置", "结束")
LENGTH_KEYS = ("length", "len", "size", "长度")
PLACE_KEYS = (
    *("span", "indices", "position", "location", "offsets", "offset", "range", "entityindex"),
    *("positions", "spans", "charspan", "charoffsets", "locations", "interval", "charinterval"),
    *("loc", "pos", "index", "bounds", "boundaries", "位置"),
)
"""Keys under which both offsets stand, as `[start, end]` or as an object."""

OCCURRENCE_KEYS = (
    *("occurrence", "occurrenceindex", "occurrencenumber", "occurrenceid", "number", "n", "nth"),
    *("次序", "序号"),
)
"""Keys that say which occurrence of the string is meant."""

TOKEN_KEYS = frozenset(
    (
        *("tokenstart", "tokenend", "starttoken", "endtoken", "tokenindex", "tokenindices"),
        *("tokenbegin", "begintoken", "wordstart", "wordend", "startword", "endword", "wordindex"),
        *("doctokenbegin", "doctokenend", "tokenspan"),
    )
)
"""Keys under which an entity has its place in words of the text, which a file seldom lists."""

OTHER_KEYS = TOKEN_KEYS | frozenset(
    (
        *("id", "uid", "guid", "uuid", "index", "idx", "no", "num", "key", "order"),
        *("score", "confidence", "confidencescore", "probability", "prob", "weight", "logit"),
        *("rank", "count", "counts", "freq", "frequency", "level", "depth", "priority", "version"),
        *("reason", "explanation", "note", "notes", "comment", "description", "source", "language"),
        *("page", "pagenumber", "paragraph", "para", "section", "line", "linenumber", "row"),
        *("sentence", "sent", "sentenceindex", "sentenceidx", "sentenceid", "sentidx", "sentid"),
        *("chapter", "year", "annotator", "user", "timestamp", "time", "date", "cluster", "group"),
        *("tokens", "headstart", "headend"),
        *("bbox", "boundingbox", "box", "polygon", "points", "embedding", "vector", "relations"),
    )
)
"""Keys whose values say something else about an entity; no number under them is an offset."""


def says_something_else(key: str) -> bool:
    """True if no number under a plain key can be an offset, such as identifiers and scores."""
    return key in OTHER_KEYS or key.endswith(("id", "ids", "score", "count", "probability"))


WRAPPER_KEYS = frozenset(
    (
        *("entities", "entity", "items", "item", "results", "result", "data", "output", "outputs"),
        *("answer", "answers", "annotations", "annotation", "list", "pii", "piientities", "labels"),
        *("personaldata", "spans", "mentions", "response", "ents", "records", "record", "json"),
        *("namedentities", "predictions", "entitylist", "extractions", "arguments", "parameters"),
        *("实体", "实体列表", "结果", "数据", "答案", "输出", "个人信息"),
    )
)
"""Keys around a list of entities."""
