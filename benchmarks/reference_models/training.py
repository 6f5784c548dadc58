"""One training run: the loss of a batch, the schedule, the held-out bits per base."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from corpus import Codes
from networks import FIRST, MASK
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

BITS = 1 / math.log(2)


def bits(network: nn.Module, kind: str, rows: Codes, context: int) -> float:
    """Return the mean bits per base of the bases after `context`, in windows of one length.

    Causal: each base from those before it. Masked: one base a window, in its middle, from all
    others of the window.
    """
    found = []
    with torch.inference_mode():
        for start in range(0, len(rows), 256):
            ids = torch.from_numpy(rows[start : start + 256] + FIRST)
            if kind == "causal":
                logits, targets = network(ids).logits[:, context - 1 : -1], ids[:, context:]
            else:
                middle = ids.shape[1] // 2
                targets = ids[:, middle].clone()
                ids[:, middle] = MASK
                logits = network(ids).logits[:, middle]
            found.append(_cross_entropy(logits, targets, "none").double().flatten())
    return float(torch.cat(found).mean()) * BITS


def loss(network: nn.Module, ids: Tensor, spaced: int, generator: torch.Generator) -> Tensor:
    """Return the mean loss of a batch in nats per predicted base.

    Of a masked model every `spaced`-th base is hidden, from an offset drawn for each window: each
    has its neighbours intact, as in scoring with ``masks``. 0 for a causal model.
    """
    if not spaced:
        return _cross_entropy(network(ids).logits[:, :-1], ids[:, 1:], "mean")
    offset = torch.randint(spaced, (len(ids), 1), generator=generator)
    hidden = torch.arange(ids.shape[1]) % spaced == offset
    logits = network(ids.masked_fill(hidden, MASK)).logits[hidden]
    return _cross_entropy(logits, ids[hidden], "mean")


def _cross_entropy(logits: Tensor, targets: Tensor, reduction: str) -> Tensor:
    """Cross-entropy over the four bases alone: no other token is ever right."""
    return cross_entropy(
        logits[..., FIRST:].reshape(-1, 4), (targets - FIRST).reshape(-1), reduction=reduction
    )


def train(
    network: nn.Module,
    draw: Callable[[np.random.Generator, int], Codes],
    settings: Mapping[str, Any],
    report: Callable[[int, float, float], None],
) -> None:
    """Train in place with AdamW: linear warm-up, cosine to zero, gradients clipped at 1.

    Parameters
    ----------
    draw
        Returns that many windows, drawn with the generator.
    settings
        ``seed``, ``steps``, ``warmup``, ``batch``, ``learning_rate``, ``weight_decay``, ``reports``
        and, for a masked model, ``spaced``.
    report
        Called before the first step and after each of the steps ``reports``, with the step, the
        mean training loss in bits since the last report (NaN before the first) and the seconds
        since the start.
    """
    rng = np.random.default_rng(settings["seed"])
    generator = torch.Generator().manual_seed(settings["seed"])
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings["learning_rate"],
        weight_decay=settings["weight_decay"],
        betas=(0.9, 0.98),
    )
    steps, warmup = settings["steps"], settings["warmup"]

    def rate(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    began, seen = time.perf_counter(), []
    report(0, math.nan, 0.0)
    for step in range(1, steps + 1):
        ids = torch.from_numpy(draw(rng, settings["batch"]) + FIRST)
        optimizer.zero_grad()
        found = loss(network, ids, settings.get("spaced", 0), generator)
        found.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seen.append(float(found.detach()) * BITS)
        if step in settings["reports"]:
            report(step, float(np.mean(seen)), time.perf_counter() - began)
            seen.clear()
