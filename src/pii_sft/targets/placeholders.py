"""Placeholders such as `N/A`, which models write for labels that a text does not have."""

from __future__ import annotations

_MARKS = "-–—−_.…/\\*~#?？"
PLACEHOLDERS = frozenset(
    (
        *("n/a", "na", "n.a", "#n/a", "n\\a", "none", "null", "nil", "nan", "undefined", "unknown"),
        *("not available", "not applicable", "not specified", "not provided", "not mentioned"),
        *("not found", "not given", "not present", "not stated", "none found", "no entities"),
        *("none mentioned", "none provided", "no entity", "nothing", "empty", "unspecified"),
        *("无", "無", "没有", "沒有", "暂无", "不详", "未知", "未提及", "未提供", "空"),
        *("なし", "該当なし", "不明", "없음", "해당 없음", "ninguno", "ninguna", "keine", "aucun"),
        *("нет", "не указано", "отсутствует", "لا يوجد", "غير متوفر", "ไม่มี", "không có", "nessuno"),
    )
)
_AROUND = " \t\r\n\"'`“”‘’()[]{}<>（）【】。.,，"
_STOPS = ".。"
_EMPTY = frozenset(("[]", "{}", "()", "<>", "（）", "【】", '""', "''", "``", "“”", "‘’"))
_LONGEST = 24


def is_placeholder(surface: str) -> bool:
    """True for `-`, `N/A`, `None` and the like, in any case and in quotes or brackets.

    An answer that really means such a string in the text has to give its occurrence, as our targets
    do.
    """
    if len(surface) > _LONGEST:
        return False
    if surface and surface[0].isalnum() and surface[-1].isalnum():
        return surface.lower() in PLACEHOLDERS  # nothing stands around it
    whole = surface.strip()
    bare = whole.strip(_AROUND)
    if not bare:
        # Other brackets and commas may be text: `],[` is code, not nothing.
        return not whole.strip(_STOPS) or whole in _EMPTY
    return not bare.strip(_MARKS) or bare.lower() in PLACEHOLDERS
