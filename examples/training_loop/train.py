"""Watch a model learn: claims judged while a small network trains on E. coli.

A causal convolution over bases, of 25,000 parameters, learns to predict the next base of random
windows of the genome. Every few steps two claims are judged on 50 backgrounds, by the same rules
as in any eval:

    compensation        CSS: does the model prefer the rescued promoter? Counting A+T is enough.
    scrambled_control   SCR decoy: does it still, when the same elements stand elsewhere?

It learns A+T within 20 steps, and compensation holds. The places it does not learn: a verdict that
holds at one step and not at the next is the chance that judging again and again invites.

    python train.py
    python train.py --steps 200 --every 50 --out      # also writes curve.tsv beside this file

To watch a model of your own, keep `judge` and `row`, and give them any function from a list of
sequences to one number each. Validate on ``DesignSpec(n=N, seeds=Seeds(split="dev"))`` where you
choose a checkpoint by what comes out, and leave the default to the final run.
"""

import argparse
import csv
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mit_harness.atomic import atomic
from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
from mit_harness.errors import ModelError
from mit_harness.models.neural.flanks import flanks
from mit_harness.promoter.alphabet import encode, reverse_complement
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.genome import genome
from mit_harness.stats.verdict import Verdict

N = 50
CLAIMS = ("compensation", "scrambled_control")
SPEC = DesignSpec(n=N)
TOLERANCE = 1e-3  # nats; float32 rounds a sum of a hundred log-probabilities to about 1e-4
WINDOW, BATCH = 192, 32
HELD_OUT = 500_000  # bp at the end of the genome that are never trained on
CURVE = Path(__file__).with_name("curve.tsv")
COLUMNS = (
    *("step", "bits_per_base", "css", "css_low", "css_high", "compensation"),
    *("scr_decoy", "scr_decoy_low", "scr_decoy_high", "scrambled_control"),
)


class CausalConvolution(nn.Module):
    """Logits of the next base from the 64 bases before it; 4 is the id of nothing."""

    def __init__(self, width=32, kernel=8, dilations=(1, 2, 6)):
        super().__init__()
        self.embedding = nn.Embedding(5, width)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=dilation) for dilation in dilations
        )
        self.head = nn.Linear(width, 4)

    def forward(self, codes):
        """Return logits, shape (n, L, 4), of codes, shape (n, L): column t predicts base t."""
        shifted = nn.functional.pad(codes[:, :-1], (1, 0), value=4)
        x = self.embedding(shifted).transpose(1, 2)
        for layer in self.layers:
            reach = layer.dilation[0] * (layer.kernel_size[0] - 1)
            x = x + nn.functional.gelu(layer(nn.functional.pad(x, (reach, 0))))
        return self.head(x.transpose(1, 2))


def random_windows(rng, count, stretch):
    """Return windows of the genome from either strand, as codes, shape (count, WINDOW)."""
    starts = rng.integers(0, len(stretch) - WINDOW, count)
    windows = [stretch[start : start + WINDOW] for start in starts]
    turned = rng.random(count) < 0.5
    return as_tensor(
        [reverse_complement(w) if t else w for w, t in zip(windows, turned, strict=True)]
    )


def as_tensor(sequences):
    return torch.from_numpy(encode(sequences).astype(np.int64))


def log_likelihood(model, sequences):
    """Return each sequence's log-likelihood in nats, behind the flank that every scorer reads.

    Without it the first elements would be predicted from nothing, and punished for it.
    """
    left = flanks("causal")[0]
    values = np.empty(len(sequences))
    with torch.inference_mode():
        for start in range(0, len(sequences), BATCH):
            batch = sequences[start : start + BATCH]
            codes = as_tensor([left + sequence for sequence in batch])
            logs = model(codes).double().log_softmax(-1).gather(2, codes[:, :, None])[:, :, 0]
            values[start : start + BATCH] = logs[:, len(left) :].sum(1).numpy()
    return values


def bits_per_base(model, codes):
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(model(codes).flatten(0, 1), codes.flatten())
    return float(loss) / math.log(2)


def judge(claim_id, score):
    """Return what a claim says of a function from sequences to numbers."""
    claim = get_claim(claim_id)
    sequences = claim.design(SPEC)
    values = score([item.sequence for item in sequences])
    return claim.judge(
        Scored(sequences, values), protocol=SPEC.protocol, seed=SPEC.seeds.seed, tolerance=TOLERANCE
    )


def row(step, bits, score):
    """Return one line of the table: the number that each claim's verdict begins with."""
    found = {"step": step, "bits_per_base": bits}
    for claim_id in CLAIMS:
        result = judge(claim_id, score)
        if result.verdict is Verdict.ERROR:  # such as NaN, where training diverged
            raise ModelError(f"step {step}: {result.explanation}")
        metric = result.parts[0].metric
        found |= {
            metric.name: metric.value,
            f"{metric.name}_low": metric.ci_low,
            f"{metric.name}_high": metric.ci_high,
            claim_id: str(result.verdict),
        }
    return found


def train(steps=60, every=20, seed=0):
    """Yield a row before the first step and after every few; the last step always has one."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = CausalConvolution()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    seen, unseen = genome()[:-HELD_OUT], genome()[-HELD_OUT:]
    check = random_windows(np.random.default_rng(seed + 1), 256, unseen)
    for step in range(steps + 1):
        if step % every == 0 or step == steps:
            model.eval()
            yield row(step, bits_per_base(model, check), lambda s: log_likelihood(model, s))
            model.train()
        codes = random_windows(rng, BATCH, seen)
        loss = nn.functional.cross_entropy(model(codes).flatten(0, 1), codes.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def line(found):
    css, scr = (
        f"{found[m]:.2f} [{found[m + '_low']:.2f}, {found[m + '_high']:.2f}] {found[claim]:<9}"
        for m, claim in (("css", "compensation"), ("scr_decoy", "scrambled_control"))
    )
    return f"{found['step']:>5}  {found['bits_per_base']:>9.3f}  {css}  {scr}\n"


def write(rows, path):
    """Write the table whole or not at all."""
    with atomic(path) as handle:
        writer = csv.DictWriter(handle, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, nargs="?", const=CURVE, help="write a table there")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)  # so small a network only makes threads wait for each other
    sys.stdout.write(f"{'step':>5}  {'bits/base':>9}  {'CSS [95 % CI]':<28}  SCR decoy [95 % CI]\n")
    rows = []
    for found in train(given.steps, given.every, given.seed):
        rows.append(found)
        sys.stdout.write(line(found))
        sys.stdout.flush()
    if given.out is not None:
        write(rows, given.out)


if __name__ == "__main__":
    main()
