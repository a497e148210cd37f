"""LLaMA-Factory's trainer with our loss, span metrics at evaluation, and a log of its own."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from llamafactory.train.sft import workflow
from llamafactory.train.sft.trainer import CustomSeq2SeqTrainer
from transformers import PrinterCallback, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler

from pii_sft.decoding.chat import chat_of
from pii_sft.training.explain_failure import DivergedError
from pii_sft.training.loop_settings import LoopSettings
from pii_sft.training.losses import token_losses, weighted_sum
from pii_sft.training.metrics_log import MetricsLog, Watch
from pii_sft.training.resumable_sampler import ByLength, RepeatableOrder, save_order, saved_order
from pii_sft.training.span_evaluation import SpanEvaluation
from pii_sft.training.token_weights import IGNORED, TokenWeights

WEIGHTS = "token_weights"
OTHER_LOSSES = (
    "use_dft_loss",
    "use_eaft_loss",
    "use_asft_loss",
)


@dataclass(frozen=True)
class Plan:
    """Settings of our additions to LLaMA-Factory's trainer.

    Attributes:
        loop: the settings.
        target: name of the target of the data set.
        spans: answers and scores documents at evaluation; None for no span metrics.
        folder: of the run.
        watch: called with every row of the log.
    """

    loop: LoopSettings
    target: str
    spans: SpanEvaluation | None
    folder: Path
    watch: Watch


def install(plan: Plan) -> None:
    """Make LLaMA-Factory's next supervised run use our trainer."""
    workflow.CustomSeq2SeqTrainer = partial(SpanTrainer, plan=plan)


class SpanTrainer(CustomSeq2SeqTrainer):  # type: ignore[misc]
    """Computes the loss of answer tokens alone, weighted if asked for, and scores spans.

    Logits are computed only from the first answer token of a batch on, not for the prompts. The
    loss is the same, and with a vocabulary of 152,000 tokens, logits cost as much as many layers.
    """

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plan = plan
        self._stock_loss = self.args.label_smoothing_factor > 0 or any(
            getattr(self.finetuning_args, name, False) for name in OTHER_LOSSES
        )
        self._weigh: TokenWeights | None = None
        if plan.loop.reweights:
            self._weigh = TokenWeights(self.processing_class, plan.target, plan.loop.weights)
        if not self._stock_loss:
            self.compute_loss_func = self._answer_loss
        self._weights: torch.Tensor | None = None
        self._evaluating = False
        self._trained = False
        self._evaluations: dict[int, dict[str, float]] = {}
        self._plain = torch.zeros(2, dtype=torch.float64, device=self.args.device)
        self._order: RepeatableOrder | None = None
        self._order_state: torch.Tensor | None = None
        self._tokens = _Tokens()
        self._log = MetricsLog(plan.folder, plan.watch) if self.is_world_process_zero() else None
        self.remove_callback(PrinterCallback)
        self.add_callback(_Begin(self._log, self._tokens))

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Leave out the logits before the first answer, and keep the weights from the model."""
        self._weights = inputs.pop(WEIGHTS, None)
        labels = inputs.get("labels")
        if not self._stock_loss and labels is not None:
            first = int((labels != IGNORED).any(dim=0).int().argmax())
            begin = max(0, first - 1)
            inputs["labels"] = labels[:, begin:]
            inputs["logits_to_keep"] = labels.shape[1] - begin
            if self._weights is not None:
                self._weights = self._weights[:, begin:]
        return super().compute_loss(model, inputs, *args, **kwargs)

    def _answer_loss(
        self, outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None
    ) -> torch.Tensor:
        losses = token_losses(outputs["logits"], labels)
        if not self._evaluating:
            self._plain += torch.stack([losses.detach().sum(), losses.new_tensor(len(losses))])
        weights = None
        gamma = 0.0
        if self._weigh is not None and not self._evaluating:
            gamma = self._plan.loop.focal_gamma
            shifted = labels[:, 1:] != IGNORED
            weights = None if self._weights is None else self._weights[:, 1:][shifted]
        total = weighted_sum(losses, weights, gamma)
        count = len(losses) if num_items_in_batch is None else num_items_in_batch
        return total / count

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """The divisor of losses: the sum of the weights over all batches of a step."""
        if self._weigh is None or self._evaluating:
            return super()._get_num_items_in_batch(batch_samples, device)
        total = torch.zeros((), dtype=torch.float32, device=device)
        for batch in batch_samples:
            batch[WEIGHTS] = self._weigh(batch["labels"])
            total += batch[WEIGHTS][:, 1:].sum().to(device)
        if self.args.average_tokens_across_devices and self.args.world_size > 1:
            total = self.accelerator.gather(total).sum()
        return total.clamp(min=torch.finfo(torch.float32).tiny)

    def train(self, *args: Any, resume_from_checkpoint: Any = None, **kwargs: Any) -> Any:
        """Train; a run resumed in the middle of an epoch keeps the order of that epoch."""
        if isinstance(resume_from_checkpoint, str):
            self._order_state = saved_order(Path(resume_from_checkpoint))
        done = super().train(*args, resume_from_checkpoint=resume_from_checkpoint, **kwargs)
        self._trained = True
        return done

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        sampler = super()._get_train_sampler(*args, **kwargs)
        if isinstance(sampler, LengthGroupedSampler):
            sampler = self._order = RepeatableOrder(sampler, self._order_state)
        return sampler

    def _get_eval_sampler(self, *args: Any, **kwargs: Any) -> Any:
        sampler = super()._get_eval_sampler(*args, **kwargs)
        return (
            ByLength(sampler, sampler.lengths)
            if isinstance(sampler, LengthGroupedSampler)
            else sampler
        )

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Train on one step, and count its tokens."""
        self._tokens.count(inputs["input_ids"].numel(), inputs.get("attention_mask"))
        return super().training_step(model, inputs, *args, **kwargs)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Evaluate, and leave its time out of the tokens per second.

        LLaMA-Factory evaluates the final model once more. If its step was already evaluated, the
        same metrics are returned again.
        """
        step = self.state.global_step
        if self._trained and self.args.load_best_model_at_end:
            step = self.state.best_global_step or step
        if self._trained and step in self._evaluations and not self.args.predict_with_generate:
            return dict(self._evaluations[step])
        started = time.monotonic()
        metrics: dict[str, float] = super().evaluate(*args, **kwargs)
        self._tokens.pause(time.monotonic() - started)
        if not self._trained:
            self._evaluations[step] = metrics
        return metrics

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        """Add span metrics to every evaluation; its loss is unweighted."""
        self._evaluating = True
        try:
            output = super().evaluation_loop(*args, **kwargs)
        finally:
            self._evaluating = False
        prefix = str(kwargs.get("metric_key_prefix", "eval"))
        if self._plan.spans is not None and prefix.startswith("eval"):
            output.metrics.update(self._span_metrics(self._plan.spans))
        return output

    def _span_metrics(self, spans: SpanEvaluation) -> dict[str, float]:
        chat = chat_of(self.processing_class, self.data_collator.template)
        model = self.accelerator.unwrap_model(self.model)
        was_training = model.training
        model.eval()
        started = time.monotonic()
        try:
            with self.accelerator.autocast():
                rates = spans.measure(model, chat, self.args.process_index, self.args.world_size)
        finally:
            model.train(was_training)
        rates["span_seconds"] = round(time.monotonic() - started, 2)
        return {f"eval_{name}": value for name, value in rates.items()}

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add unweighted loss, speed and memory to the log; stop if the loss is not finite.

        Raises:
            DivergedError: loss or gradient is infinite or not a number.
        """
        if "loss" in logs:
            logs |= self._beside_the_loss()
        super().log(logs, start_time)
        if self._log is not None:
            numbers = {key: value for key, value in logs.items() if isinstance(value, (int, float))}
            self._log.write({"step": self.state.global_step, **numbers})
        for name in ("loss", "grad_norm", "eval_loss"):
            value = logs.get(name)
            if value is not None and not torch.isfinite(torch.tensor(value)):
                raise DivergedError(name, self.state.global_step)

    def _beside_the_loss(self) -> dict[str, float]:
        found = self._tokens.rates()
        plain = self._plain
        if self.args.world_size > 1:
            plain = self.accelerator.reduce(plain, reduction="sum")
        if plain[1] > 0:
            found["plain_loss"] = float(plain[0] / plain[1])
        self._plain = torch.zeros_like(self._plain)
        found["memory_gb"] = round(_peak_memory() / 1e9, 3)
        return found

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, unless a trained weight is infinite or not a number."""
        for each in self.model.parameters():
            if each.requires_grad and not torch.isfinite(each).all():
                raise DivergedError("a weight", self.state.global_step)
        if self._order is not None and self._order.state is not None and self.args.should_save:
            folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            save_order(self._order.state, folder)
        super()._save_checkpoint(model, trial)


def _peak_memory() -> int:
    """Peak memory so far, in bytes: of the GPU, or of the process if there is no GPU."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


class _Tokens:
    """Tokens of the batches since the last log, and the time they took."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._all = 0
        self._real: int | torch.Tensor = 0
        self._since = time.monotonic()

    def count(self, tokens: int, mask: torch.Tensor | None) -> None:
        self._all += tokens
        self._real += tokens if mask is None or mask.dim() != 2 else (mask != 0).sum()

    def pause(self, seconds: float) -> None:
        self._since += seconds

    def rates(self) -> dict[str, float]:
        seconds = time.monotonic() - self._since
        real = int(self._real)
        found = {
            "tokens_per_second": round(real / seconds, 1) if seconds > 0 else 0.0,
            "padding": round(1 - real / self._all, 4) if self._all else 0.0,
        }
        self.restart()
        return found


class _Begin(TrainerCallback):  # type: ignore[misc]
    """Starts the log at the step at which a run starts or resumes."""

    def __init__(self, log: MetricsLog | None, tokens: _Tokens) -> None:
        self._log = log
        self._tokens = tokens

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        del args, control, kwargs
        if self._log is not None:
            self._log.begin(state.global_step)
        self._tokens.restart()
