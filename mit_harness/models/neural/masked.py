"""Pseudo-log-likelihood of masked models: each token predicted from those that are not masked."""

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
    """Return the log-probability of what each masked copy hides, in nats.

    Copy k is row rows[k] of `ids` with the tokens at positions[k] masked and nothing else, so
    copies of different sequences share a batch. With one position per copy a token is predicted
    from all others; with several, each from those that its copy does not hide, and their
    log-probabilities are summed in float64.

    Parameters
    ----------
    network
        A `ScoredLogits`, or anything that one can be made of.
    ids
        int64, shape (n, L), nothing padded.
    rows
        int64, shape (m,).
    positions
        int64, shape (m,) or (m, w); a negative one masks nothing.
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
    hidden = positions.view(len(rows), -1)
    each, column = (hidden >= 0).nonzero(as_tuple=True)
    places = hidden[each, column]
    targets = copies[each, places]
    copies[each, places] = mask_id
    found = log_probabilities(logits(copies, each, places), targets, vocabulary)
    sums = torch.zeros(len(rows), dtype=torch.float64).index_add_(0, each.cpu(), found)
    scores: Floats = sums.numpy()
    return scores


def hidden_positions(copies: Tensor, passes: int, scored: range) -> Tensor:
    """Return which tokens the copies of one sequence hide.

    Parameters
    ----------
    copies
        int64, shape (m,); which of a sequence's copies each is, below `passes`.
    passes
        Number of copies of a sequence. Copy k hides the scored tokens k, k + passes, and so on,
        so each is hidden once.
    scored
        Positions that count.

    Returns
    -------
    Tensor of int64, shape (m, w)
        Copies that hide fewer than w tokens are filled with -1.
    """
    most = -(-len(scored) // passes)
    steps = torch.arange(most, device=copies.device) * passes
    places = scored.start + copies[:, None] + steps
    return places.masked_fill(places >= scored.stop, -1)
