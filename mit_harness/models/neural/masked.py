"""Pseudo-log-likelihood of masked models: each token predicted from all others, one at a time."""

import torch
from torch import Tensor

from mit_harness.models.base import Floats
from mit_harness.models.neural.logits import Network, ScoredLogits, log_probabilities


def masked_scores(
    network: Network | ScoredLogits,
    ids: Tensor,
    rows: Tensor,
    positions: Tensor,
    mask_id: int,
    vocabulary: int,
) -> Floats:
    """Return the log-probability of one token per masked copy, in nats.

    Copy k is row rows[k] of `ids` with the token at positions[k] masked and nothing else, so
    copies of different sequences share a batch.

    Parameters
    ----------
    network
        A `ScoredLogits`, or anything that one can be made of.
    ids
        int64, shape (n, L), nothing padded.
    rows, positions
        int64, shape (m,).
    mask_id
        Id of the mask token.
    vocabulary
        Number of ids that mean something; logits beyond are padding.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    logits = network if isinstance(network, ScoredLogits) else ScoredLogits(network)
    copies = ids[rows]
    each = torch.arange(len(rows), device=ids.device)
    targets = copies[each, positions]
    copies[each, positions] = mask_id
    found = log_probabilities(logits(copies, each, positions), targets, vocabulary)
    scores: Floats = found.numpy()
    return scores
