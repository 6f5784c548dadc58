"""The ``model-index`` block of a Hugging Face model card: one model's claims and verdicts."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mit_harness.errors import ModelError, ReportError, printable
from mit_harness.models.neural.presets import PRESETS
from mit_harness.models.spec import parse
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.runs import dates, dtype, harnesses
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

DATASET = "mit-harness"
_DATASET_NAME = "Mechanistic Invariance Test (E. coli sigma70 promoters)"
_TASK = ("other", "Mechanistic evaluation of a genomic language model")
_VERDICT = "verdict"
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


def card_model(board: Board, name: str | None = None) -> ModelRecord:
    """Return the model that a card is for: by name, or the only one from Hugging Face.

    Raises
    ------
    ReportError
        If none is called so; or without a name, if none or several are from Hugging Face.
    """
    if name is not None:
        return board.model(name)
    found = [model for model in board.models if _hub_id(model)]
    if len(found) == 1:
        return found[0]
    which = ", ".join(repr(model.name) for model in found or board.models) or "no model"
    what = "several models" if found else "no model"
    raise ReportError(
        f"the runs hold {what} with a spec hf:ORG/NAME, so say which the card is for with "
        f"--model-index NAME; they hold {which}"
    )


def to_model_index(board: Board, name: str | None = None) -> str:
    """Return the YAML block of a model's card: every deciding number and every verdict.

    Each claim is a configuration of one data set; ``args`` of a metric hold its interval, p and
    n, ``args`` of the data set what decided the sequences, and the versions that judged. Numbers
    that are undefined or infinite are left out.

    Parameters
    ----------
    board
        Of runs that were recomputed.
    name
        Of the model; None: the only one from Hugging Face.

    Raises
    ------
    ReportError
        If no model, or more than one, can be meant, or huggingface_hub is not installed.
    """
    model = card_model(board, name)
    try:
        from huggingface_hub import ModelCardData
    except ImportError as error:
        raise ReportError(
            "a model-index needs huggingface_hub: pip install 'mit-harness[glm]', or "
            "huggingface_hub alone"
        ) from error
    results = list(_results(board, model))
    if not results:
        raise ReportError(f"{model.name!r} has no claim that could stand in a model-index")
    card = ModelCardData(model_name=_hub_id(model) or printable(model.name), eval_results=results)
    return f"{card.to_yaml(line_break=chr(10))}\n"


def _results(board: Board, model: ModelRecord) -> Iterator["EvalResult"]:
    from huggingface_hub import EvalResult

    for claim in model.claims:
        shared: dict[str, Any] = {
            "task_type": _TASK[0],
            "task_name": _TASK[1],
            "dataset_type": DATASET,
            "dataset_name": _DATASET_NAME,
            "dataset_config": claim.id,
            "dataset_split": board.design.split,
            "dataset_args": _dataset_args(board, model, claim),
        }
        if claim.verdict != "measured":
            yield EvalResult(
                **shared,
                metric_type=_VERDICT,
                metric_name=f"{claim.id}: verdict",
                metric_value=claim.verdict,
                metric_args=_known(p=claim.p, n=claim.n),
            )
        for name, metric in claim.metrics.items():
            if metric.value is None or not math.isfinite(metric.value) or not _shown(claim, metric):
                continue
            yield EvalResult(
                **shared,
                metric_type=name,
                metric_name=f"{claim.id}: {name}",
                metric_value=metric.value,
                metric_args=_metric_args(metric),
            )


def _shown(claim: ClaimRecord, metric: MetricRecord) -> bool:
    """Tell whether a number decides, or stands in a claim in which none does."""
    return metric.role is not None or claim.verdict == "measured"


def _metric_args(metric: MetricRecord) -> dict[str, Any]:
    return _known(
        ci_low=metric.ci_low,
        ci_high=metric.ci_high,
        level=metric.level,
        ci_method=metric.ci_method,
        p=metric.p,
        test=metric.test,
        n=metric.n,
        ties=metric.ties,
        unit=metric.unit,
        threshold=metric.threshold,
        role=metric.role,
    )


def _dataset_args(board: Board, model: ModelRecord, claim: ClaimRecord) -> dict[str, Any]:
    design = board.design
    return _known(
        claim_version=claim.version,
        protocol=design.protocol,
        n=design.n,
        seed=design.seed,
        break_form=design.break_form,
        suite_sha256=design.suite_sha256,
        natural_sha256=design.natural_sha256,
        mit_harness=" ".join(harnesses(board, model)),
        date=" ".join(dates(board, model)),
        model_revision=model.revision,
        score=model.method,
        dtype=dtype(model),
        noise_floor=model.noise.nats if model.noise else None,
    )


def _known(**facts: float | str | None) -> dict[str, Any]:
    """Return what is known, in words that YAML has."""
    return {
        key: printable(value) if isinstance(value, str) else value
        for key, value in facts.items()
        if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    }


def _hub_id(model: ModelRecord) -> str | None:
    """Return ``ORG/NAME`` of a model from Hugging Face; None for a folder, or any other model."""
    try:
        spec = parse(model.spec)
    except ModelError:
        return None
    if not spec.scheme:
        preset = PRESETS.get(spec.target)
        return preset.id if preset and preset.loader != "evo2" else None
    name = spec.target.partition("@")[0]
    return name if spec.scheme == "hf" and _HUB.fullmatch(name) else None
