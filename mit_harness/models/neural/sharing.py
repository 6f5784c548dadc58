"""Prefix sharing: what many inputs of a causal model begin with is read once.

The designs of the benchmark differ from each other in a few places, and all stand behind the same
flank. A network that keeps keys and values reads a common beginning once, and whatever continues
it goes on from there.
"""

import logging
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mit_harness.models.base import Floats, Ints
from mit_harness.models.neural.batching import is_out_of_memory
from mit_harness.models.neural.causal import causal_scores
from mit_harness.models.neural.logits import ScoredLogits, log_probabilities
from mit_harness.models.neural.prefix_tree import Level, grow

LOG = logging.getLogger(__name__)

NATS = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Most by which a score of a hundred tokens may differ from the plain one, by dtype."""

_PROBED = 3
"""Inputs that are scored both ways."""
_WORTH = 0.9
"""Share of the tokens above which a batch is read plainly."""


class _Read(NamedTuple):
    """What a network knows after reading m beginnings.

    Attributes
    ----------
    cache
        As the network returned it; None before the first token.
    last
        Logits after the last token, shape (m, V); None before the first token.
    scores
        float64, shape (m,); of the scored tokens so far.
    """

    cache: Any
    last: Tensor | None
    scores: Floats


class PrefixSharing:
    """Scores a causal model's inputs, each common beginning read once.

    Whether a network can do that is found by trying: a few inputs are scored both ways. Where the
    scores differ, or the network has no cache or refuses it, `off` says so.

    Parameters
    ----------
    logits
        Of a causal network.
    vocabulary
        As of `causal_scores`.
    name
        What the log calls the model.

    Attributes
    ----------
    off
        Why nothing is shared; empty as long as it is.
    token_bytes
        What a cache holds of one token; 0 until the first inputs were tried.
    tokens
        Tokens that the network has read for scores.
    """

    def __init__(self, logits: ScoredLogits, vocabulary: int, level: int = logging.INFO) -> None:
        self._logits, self._vocabulary, self._level = logits, vocabulary, level
        self._longest = 0
        self._root: tuple[bytes, _Read] | None = None
        self.off = ""
        self.token_bytes = 0
        self.tokens = 0

    def tried(self, ids: Ints, scored: range, device: torch.device) -> bool:
        """Tell whether inputs, shape (n, L), are scored right; logs why not.

        What was right for longer ones is not tried again: a cache that forgets (a sliding window)
        forgets early tokens.
        """
        if not self.off and ids.shape[1] > self._longest:
            self.off = self._compare(ids, scored, device)
            self._longest = ids.shape[1]
            if self.off:
                self._root = None
                LOG.log(self._level, "no prefix is shared: %s", self.off)
        return not self.off

    def scores(self, ids: Ints, scored: range, device: torch.device) -> Floats:
        """Return what `causal_scores` returns, shape (n,); the order of `in_order` shares most."""
        inputs = ids[:, : scored.stop - 1]  # nobody asks what comes after the last token
        known, root = self._begin(inputs, scored, device)
        tree = grow(inputs, root)
        if tree.tokens > _WORTH * ids.size:
            self.tokens += ids.size
            whole = torch.as_tensor(ids, device=device)
            return causal_scores(self._logits, whole, scored, self._vocabulary)
        return self._follow(ids, scored, device, known, tree.levels, tree.leaves)

    def work(self, ids: Ints, scored: range) -> int:
        """Return how many tokens `scores` reads, shape (n, L)."""
        inputs = ids[:, : scored.stop - 1]
        return min(grow(inputs, _common(inputs, scored.start)).tokens, ids.size)

    def _compare(self, ids: Ints, scored: range, device: torch.device) -> str:
        """Return why scores with a cache are not those without, empty if they are."""
        chosen = ids[np.unique(np.linspace(0, len(ids) - 1, _PROBED).astype(np.int64))]
        stop = scored.stop - 1
        cuts = sorted({stop // 3, 2 * stop // 3, stop} - {0})
        tree = grow(chosen[:, :stop], 0, cuts)
        try:
            nothing = _Read(None, None, np.zeros(1))
            found = self._follow(chosen, scored, device, nothing, tree.levels, tree.leaves)
            whole = torch.as_tensor(chosen, device=device)
            plain = causal_scores(self._logits, whole, scored, self._vocabulary)
        except Exception as error:  # noqa: BLE001 - of remote code that does not know caches
            if is_out_of_memory(error):
                return f"memory ran out at {len(chosen)} inputs of {ids.shape[1]} tokens"
            return f"a cache fails with {type(error).__name__}: {error}".split("\n")[0]
        dtype = next((p.dtype for p in self._parameters()), torch.float32)
        most = NATS.get(dtype, 1e-4) * max(1.0, len(scored) / 100)
        off = float(np.abs(found - plain).max())
        if off <= most:
            return ""
        return f"scores with a cache are {off:.1e} nats off, more than {most:.0e}"

    def _parameters(self) -> Iterable[Tensor]:
        network = self._logits.network
        return network.parameters() if isinstance(network, torch.nn.Module) else ()

    def _begin(self, inputs: Ints, scored: range, device: torch.device) -> tuple[_Read, int]:
        """Return what is known of the flank that all inputs begin with, and its tokens.

        It is kept: the next batch, and the next call, begin with it too.
        """
        length = _common(inputs, scored.start)
        if not length:
            return _Read(None, None, np.zeros(1)), 0
        key = inputs[0, :length].tobytes()
        if self._root is None or self._root[0] != key:
            one = np.zeros(1, dtype=np.int64)
            level, nothing = Level(0, length, one, one), _Read(None, None, np.zeros(1))
            self._root = key, self._read(inputs, scored, device, nothing, level)
        return self._root[1], length

    def _follow(
        self,
        ids: Ints,
        scored: range,
        device: torch.device,
        known: _Read,
        levels: Sequence[Level],
        leaves: Ints,
    ) -> Floats:
        """Return the scores of inputs, shape (n,), by reading level after level."""
        kept = known.cache  # the root's, which must not change
        for level in levels:
            known = self._read(ids, scored, device, known, level, keep=known.cache is kept)
        if known.last is None:
            raise ValueError("there is nothing before the last token")
        last = known.last[torch.as_tensor(leaves, device=device)]
        targets = torch.as_tensor(ids[:, scored.stop - 1], device=device)
        found: Floats = log_probabilities(last, targets, self._vocabulary).numpy()
        return known.scores[leaves] + found

    def _read(
        self,
        ids: Ints,
        scored: range,
        device: torch.device,
        known: _Read,
        level: Level,
        *,
        keep: bool = False,
    ) -> _Read:
        """Read what a level adds to beginnings."""
        piece = torch.as_tensor(ids[level.rows, level.start : level.stop], device=device)
        parents = torch.as_tensor(level.parents, device=device)
        n, length = piece.shape
        # Logits after these tokens: those that predict a scored one, and the last in any case.
        first = min(max(0, scored.start - 1 - level.start), length - 1)
        places = torch.arange(first, length, device=device)
        rows = torch.arange(n, device=device).repeat_interleave(len(places))
        logits, cache = self._logits.resumed(
            piece, rows, places.repeat(n), _taken(known.cache, parents, keep=keep), level.start
        )
        self.tokens += piece.numel()
        if not self.token_bytes:
            self.token_bytes = _size(cache) // max(1, n * level.stop)
        table = logits.view(n, len(places), -1)
        scores = known.scores[level.parents].copy()
        if level.start >= scored.start and known.last is not None:
            scores += self._log_p(known.last[parents], piece[:, 0])
        if len(places) > 1:
            inner = self._log_p(table[:, :-1].flatten(0, 1), piece[:, first + 1 :].flatten())
            scores += inner.reshape(n, -1).sum(axis=1)
        return _Read(cache, table[:, -1].clone(), scores)

    def _log_p(self, logits: Tensor, targets: Tensor) -> Floats:
        found: Floats = log_probabilities(logits, targets, self._vocabulary).numpy()
        return found


def _common(inputs: Ints, most: int) -> int:
    """Return `most` if all inputs begin with the same so many tokens, and 0 otherwise."""
    most = min(most, inputs.shape[1])
    return most if (inputs[:, :most] == inputs[0, :most]).all() else 0


def _taken(cache: Any, rows: Tensor, *, keep: bool) -> Any:  # noqa: ANN401 - of many kinds
    """Return a cache that holds these rows of another, which is only left as it is if kept."""
    if cache is None:
        return None
    if isinstance(cache, tuple):  # as it was before transformers had a class for it
        return tuple(tuple(part.index_select(0, rows) for part in layer) for layer in cache)
    made = deepcopy(cache) if keep else cache
    made.batch_select_indices(rows)
    return made


def _size(cache: Any) -> int:  # noqa: ANN401 - of many kinds
    """Return the bytes of a cache's keys and values."""
    return sum(
        part.numel() * part.element_size()
        for layer in cache
        for part in layer[:2]
        if isinstance(part, Tensor)
    )
