"""What a network in training makes of the benchmark: a few metrics on the development split."""

from functools import cache

from torch import nn
from transformers import PreTrainedTokenizerFast

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
from mit_harness.models.neural.handles import TOLERANCES
from mit_harness.models.neural.model import NeuralModel
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import SequenceSet

METRICS = {
    "css": "compensation",
    "scr": "scrambled_control",
    "scr_decoy": "scrambled_control",
    "positional_fraction": "up_position",
}
"""Each metric and the claim that reports it."""


@cache
def designs() -> dict[str, SequenceSet]:
    """Return what each claim designs on the development split: leaderboards never see it."""
    spec = DesignSpec(seeds=Seeds(split="dev"))
    return {claim: get_claim(claim).design(spec) for claim in sorted(set(METRICS.values()))}


def measure(network: nn.Module, tokenizer: PreTrainedTokenizerFast) -> dict[str, float | None]:
    """Return the value of each metric; None where it is undefined."""
    model = NeuralModel(network, tokenizer, "causal")
    found = {}
    for claim, sequences in designs().items():
        values = model.score([item.sequence for item in sequences]).values
        result = get_claim(claim).judge(
            Scored(sequences, values), protocol="matched", seed=0, tolerance=TOLERANCES["float32"]
        )
        metrics = [*(part.metric for part in result.parts), *result.reported]
        found |= {metric.name: metric.value for metric in metrics if metric.name in METRICS}
    return {name: found[name] for name in METRICS}
