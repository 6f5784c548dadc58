"""Log-likelihood of causal models: the sum of log p(token | the tokens before it)."""

import torch
from torch import Tensor

from mit_harness.models.base import Floats
from mit_harness.models.neural.logits import Network, ScoredLogits, log_probabilities


def causal_scores(
    network: Network | ScoredLogits, ids: Tensor, scored: range, vocabulary: int
) -> Floats:
    """Return the log-likelihood of the scored tokens of each row, in nats.

    Parameters
    ----------
    network
        A `ScoredLogits`, or anything that one can be made of.
    ids
        int64, shape (n, L), nothing padded.
    scored
        Positions that count, the same in each row. Position 0 has nothing before it to be
        predicted from and cannot be among them.
    vocabulary
        Number of ids that mean something; logits beyond are padding.

    Returns
    -------
    ndarray of float64, shape (n,)
        Summed in float64.
    """
    if scored.start < 1:
        raise ValueError("a causal model cannot score the first token of its input")
    logits = network if isinstance(network, ScoredLogits) else ScoredLogits(network)
    n, m = len(ids), len(scored)
    positions = torch.arange(scored.start, scored.stop, device=ids.device).repeat(n)
    rows = torch.arange(n, device=ids.device).repeat_interleave(m)
    found = log_probabilities(logits(ids, rows, positions - 1), ids[rows, positions], vocabulary)
    scores: Floats = found.view(n, m).sum(dim=1).numpy()
    return scores
