"""The end of an answer after which the model went on with another turn of the conversation."""

from __future__ import annotations

import re

_MARKER = re.compile(
    r"<\|(?:im_end|im_start|endoftext|end_of_text|eot_id|eom_id|end|end_of_turn|start_header_id"
    r"|return|user|assistant|system|observation)\|>"
    r"|<(?:end_of_turn|start_of_turn|eos|bos)>|</?s>(?=\s|\Z|[<\[{])|<｜[^｜\n]{1,40}｜>|\[/?INST\]|<</?SYS>>"
    r"|(?<=\n)(?:user|human|assistant|system)[ \t]*\n"
    r"|(?<=\n)(?:###\s*(?:Instruction|Input|User|Human|Response|Question)|(?:Human|User)(?=\s*:))"
)
_HEADER = re.compile(
    r"\s*+(?:(?:<s>|<bos>|<\|begin_of_text\|>|<\|im_start\|>\s*assistant|<start_of_turn>\s*model"
    r"|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<\|assistant\|>|\[/INST\]"
    r"|<｜Assistant｜>)\s*+)+"
)


def begins_with_marker(output: str) -> bool:
    """True if a chat template's own marker stands at the beginning."""
    return _MARKER.match(f"{output} ") is not None or _HEADER.match(output) is not None


def turn_in(output: str, text: str) -> tuple[int, int]:
    """Place of the first turn of an output, in code points, half-open.

    Args:
        output: what the model wrote, with the markers of its template or without.
        text: the text that it is about; what that holds of markers belongs to copies of it.
    """
    header = _HEADER.match(output)
    start = header.end() if header is not None and header[0].strip() not in text else 0
    for marker in _MARKER.finditer(output, start):
        if marker[0].strip() not in text and output[start : marker.start()].strip():
            return start, marker.start()
    return start, len(output)
