"""Answers that decline to answer."""

from __future__ import annotations

import re

_REFUSAL = re.compile(
    r"\b(?:sorry|apologi[sz]e|as an ai|unable to|not able to|must decline)\b(?! find| see| detect)"
    r"|\bi (?:can ?not|can't|won't|will not|decline)\b(?! find| see| detect| identify)"
    r"|\b(?:can ?not|can't) (?:help|assist|comply|provide|fulfil|process|share)\b"
    r"|抱歉|对不起|對不起|拒绝|拒絕|(?:无法|無法|不能|不便)(?!找到|发现|發現|识别|識別|检测|檢測)",
    re.IGNORECASE,
)
LONGEST = 2000
"""How many characters of an answer are looked at; a refusal comes early."""


def refuses(answer: str) -> bool:
    """Whether an answer without entities declines, in English or Chinese."""
    return _REFUSAL.search(answer[:LONGEST].replace("\u2019", "'")) is not None
