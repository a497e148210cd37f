"""Loading of a base model with its adapter merged into it, without importing unneeded packages.

transformers and peft import optional packages if these are installed, even if they are not needed:
scikit-learn for speculative decoding and the metrics of GLUE, bitsandbytes for layers of 4 bits.
Each adds seconds to every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pii_sft.inference.backends import Settings

if TYPE_CHECKING:
    import torch


def load_model(settings: Settings, dtype: torch.dtype) -> Any:
    """Load the model and adapter that `settings` name, on the CPU.

    Raises:
        OSError: a file is missing or can't be read.
    """
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        settings.model, dtype=dtype, trust_remote_code=settings.trust_remote_code
    )
    return _merged(model, settings.adapter) if settings.adapter else model


def import_transformers() -> None:
    """Import the modules of transformers that would import scikit-learn, without scikit-learn.

    To be called before anything else imports these modules.
    """
    import transformers.utils

    with _denied(transformers.utils, "is_sklearn_available"):
        import transformers.data.metrics
        import transformers.generation.candidate_generator


def _merged(model: Any, adapter: str) -> Any:
    import peft.tuners.lora.model as lora
    from peft import PeftModel

    quantised = getattr(model, "is_quantized", False)
    names = () if quantised else ("is_bnb_available", "is_bnb_4bit_available")
    with _denied(lora, *names):
        return PeftModel.from_pretrained(model, adapter, low_cpu_mem_usage=True).merge_and_unload()


@contextmanager
def _denied(module: ModuleType, *names: str) -> Iterator[None]:
    """Within the block, let functions of a module say that an optional package is not installed."""
    before = {name: getattr(module, name) for name in names}
    try:
        for name in names:
            setattr(module, name, lambda: False)
        yield
    finally:
        for name, function in before.items():
            setattr(module, name, function)
