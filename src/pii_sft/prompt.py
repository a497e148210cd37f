"""The one place that builds what the model reads, in training and in inference alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from pii_sft.labels import Label
from pii_sft.registry import shipped, shipped_text
from pii_sft.spans import HoldsText

DEFAULT_PROMPT = "short-1"


class Message(HoldsText, msgspec.Struct, frozen=True, gc=False):
    """One turn of a conversation; `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


class Prompt(msgspec.Struct, frozen=True):
    """A prompt with everything filled in but the text of the document.

    Attributes:
        version: name of the template file it came from.
        system: the system turn.
        before: what precedes the document in the user turn.
        after: what follows it.
    """

    version: str
    system: str
    before: str
    after: str

    def messages(self, text: str) -> list[Message]:
        """The turns that ask for the entities of `text`."""
        content = guarded(text)
        if self.before or self.after:
            content = f"{self.before}{content}{self.after}"
        return [Message("system", self.system), Message("user", content)]


class _Template(msgspec.Struct, forbid_unknown_fields=True):
    system: str
    before: str
    after: str

    @property
    def plain(self) -> bool:
        """True if nothing has to be filled in, for which jinja2 need not be imported."""
        return "{" not in self.system


def prompt_names() -> list[str]:
    """Names of the prompt templates that exist."""
    return list(_prompts())


def _prompts() -> dict[str, Traversable]:
    return shipped(resources.files("pii_sft") / "prompts")


def names_labels(name: str) -> bool:
    """True if a prompt template names the labels, which have to be known to fill it.

    Raises:
        UsageError: there is no such template.
    """
    template = _template(name)
    if template.plain:
        return False
    from jinja2 import meta
    from jinja2.sandbox import SandboxedEnvironment

    tree = SandboxedEnvironment().parse(template.system)
    return "labels" in meta.find_undeclared_variables(tree)


def load_prompt(name: str, instruction: str, labels: Sequence[Label]) -> Prompt:
    """Fill a prompt template.

    Args:
        name: name of a template, one of `prompt_names()`.
        instruction: how the target wants the answer to be written.
        labels: the labels to find, in the order in which the prompt names them.

    Raises:
        UsageError: there is no such template.
    """
    template = _template(name)
    system = template.system
    if not template.plain:
        from jinja2.sandbox import SandboxedEnvironment

        filled = SandboxedEnvironment().from_string(system)
        system = filled.render(instruction=instruction, labels=labels)
    return Prompt(name, system, template.before, template.after)


def _template(name: str) -> _Template:
    import yaml

    return msgspec.convert(yaml.safe_load(shipped_text("prompt", name, _prompts())), _Template)


_TAG = re.compile(
    r"<(?=[|tsiva]|/[ts])(?=\||/?(?:think|tool_call|tool_response|s)>|(?:image|video|audio)>)"
)
_FIELD = re.compile(r"\{(?=\{(?:content|idx)\}\})")


def guarded(text: str) -> str:
    """Break the markers that a tokenizer or a chat template would take for its own.

    A space goes behind the first character of each: `<|im_end|>` becomes `< |im_end|>`. The
    aligner ignores white space, so entities that hold a marker still find their place.
    """
    if "<" in text:
        text = _TAG.sub(r"\g<0> ", text)
    if "{{" in text:
        text = _FIELD.sub(r"\g<0> ", text)
    return text


def guards(text: str) -> list[int]:
    """Indices of the characters behind which `guarded` puts a space, in order."""
    found = [each.start() for each in _TAG.finditer(text)] if "<" in text else []
    if "{{" in text:
        found = sorted([*found, *(each.start() for each in _FIELD.finditer(text))])
    return found
