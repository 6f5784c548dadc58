"""A neural genomic language model: sequences in, log-likelihoods in nats out."""

import gc
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch

from mit_harness.errors import ModelError
from mit_harness.models.base import Floats, Ints, Scores, Variant
from mit_harness.models.neural.batch_memory import token_cost
from mit_harness.models.neural.batching import Batcher
from mit_harness.models.neural.causal import causal_scores
from mit_harness.models.neural.flanks import LikelihoodKind
from mit_harness.models.neural.logits import Network, ScoredLogits
from mit_harness.models.neural.masked import hidden_positions, masked_scores
from mit_harness.models.neural.prefix_tree import in_order
from mit_harness.models.neural.sharing import PrefixSharing
from mit_harness.models.neural.tokens import Encoded, Encoder, Tokenizer, named
from mit_harness.promoter.alphabet import reverse_complement

Strand = Literal["forward", "reverse", "mean"]

_CPU_TOKENS = (512, 65_536)
_DEVICE_TOKENS = (16_384, 1_048_576)
"""Tokens of the first batch, and of the largest: a device is idle on a small one."""

_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_seqlen")
"""What configurations call the longest input."""


@dataclass(frozen=True)
class Bucket:
    """Inputs of one length whose scored tokens stand at the same positions.

    Attributes
    ----------
    ids
        int64, shape (n, L).
    scored
        Positions that count.
    owners
        int64, shape (n,); which sequence each input is of.
    """

    ids: Ints
    scored: range
    owners: Ints


class NeuralModel:
    """Scores sequences with a network: log-likelihood, or pseudo-log-likelihood if masked.

    Inputs are batched by their exact number of tokens, so nothing is ever padded.

    Parameters
    ----------
    network
        A torch module that takes ids, shape (n, L), and gives logits, shape (n, L, V).
    tokenizer
        Its transformers tokenizer.
    kind
        ``causal``: sum of log p(token | earlier tokens). ``masked``: sum of log p(token | all
        others), one masked token at a time unless `masks` says otherwise.
    device
        Such as ``"cpu"``, ``"cuda:0"`` or ``"mps"``; the network is moved there.
    strand
        ``reverse`` reads the reverse complement, behind the same flanks; ``mean`` is the mean of
        both scores, and says nothing about strands.
    context
        bp of flank; None for the default of the kind, 0 for none.
    frames
        k, to average over the k frames of a tokenizer of non-overlapping k-mers. Frame f leaves
        the first f bases out of the score, so tokens and bases are rounded means.
    vocabulary
        Number of ids that mean something; the tokenizer's length unless given. Logits beyond are
        padding of the matrix.
    lower_case, prefix
        How the model wants its text; see `Encoder`.
    masks
        Of a masked model: passes of one sequence at most. Every `masks`-th scored token is masked
        at once, so each is predicted without those either: an approximation wherever there are
        more tokens than passes. None: a pass for every token.
    batch_tokens
        Most tokens in a batch; found by measuring unless given.
    attention_mask
        Whether the network insists on a mask; it is all ones.
    share
        Whether a causal model reads common beginnings once (`PrefixSharing`). None: where that was
        measured to be faster and the same to 1e-4 nats: on a CPU, in float32 and float64.

    Attributes
    ----------
    batcher
        What the batch size has become.
    sharing
        None where nothing is to be shared.
    """

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        kind: LikelihoodKind,
        *,
        device: str = "cpu",
        strand: Strand = "forward",
        context: int | None = None,
        frames: int = 1,
        vocabulary: int | None = None,
        lower_case: bool = False,
        prefix: str = "",
        masks: int | None = None,
        batch_tokens: int | None = None,
        attention_mask: bool = False,
        share: bool | None = None,
    ) -> None:
        if kind not in ("causal", "masked") or strand not in ("forward", "reverse", "mean"):
            raise ModelError(
                f"kind {kind!r} or strand {strand!r} is unknown; a kind is 'causal' or 'masked', "
                "a strand 'forward', 'reverse' or 'mean'"
            )
        if masks is not None and (masks < 1 or kind == "causal"):
            raise ModelError(
                f"masks={masks} of a {kind} model: it is the number of passes, at least 1, in "
                "which a masked model hides every token once"
            )
        self._kind = kind
        self._strand = strand
        self._masks = masks
        self._encoder = Encoder(
            tokenizer, kind, context, frames, lower_case=lower_case, prefix=prefix
        )
        self._vocabulary = len(tokenizer) if vocabulary is None else vocabulary
        self._mask_id = _mask_id(tokenizer) if kind == "masked" else -1
        self._device = torch.device(device)
        self._rows, self._positions = _limits(network)
        self._logits: ScoredLogits | None = ScoredLogits(
            _ready(network, self._device), attention_mask=attention_mask
        )
        self.sharing = self._shares(network, share)
        start, most = _CPU_TOKENS if self._on_cpu else _DEVICE_TOKENS
        self.batcher = Batcher(start, batch_tokens or most, self._release)
        # Elsewhere a lack of memory is an error, after which the batch is halved.
        self._cost = token_cost(network, self._vocabulary) if self._on_cpu else None

    def score(self, sequences: Sequence[str]) -> Scores:
        """Return scores in nats of upper-case sequences of A, C, G and T, in their order.

        Every sequence is tokenised and checked before the first is scored.

        Raises
        ------
        ModelError
            If a base does not survive the tokenizer, an input is too long, memory does not hold
            a single input, or a score is not finite; the sequence is named.
        """
        logits = self._open()
        passes = self._passes(sequences)
        buckets = list(_buckets(passes))
        for bucket in buckets:
            self._check(bucket, sequences)
        values = np.zeros(len(sequences), dtype=np.float64)
        with torch.inference_mode():
            if self.sharing is not None and buckets:
                longest = max(buckets, key=lambda bucket: bucket.ids.shape[1])
                self.sharing.tried(longest.ids, longest.scored, self._device)
            for bucket in buckets:
                np.add.at(values, bucket.owners, self._score(logits, bucket, sequences))
        counts = np.array([[(e.tokens, e.bases) for e in made] for made in passes])
        counts = counts.reshape(len(passes), len(sequences), 2)
        tokens, bases = np.rint(counts.mean(axis=0)).astype(np.int64).T
        return Scores(values / len(passes), tokens, bases)

    def lengths(self, sequences: Sequence[str]) -> Ints:
        """Return how many tokens the network has to read for each sequence, shape (n,).

        Flanks, special tokens and, of a masked model, every masked copy count.
        """
        read = [
            [len(e.ids) * self._copies(e.scored) for e in made] for made in self._passes(sequences)
        ]
        shaped = np.array(read, dtype=np.int64).reshape(len(read), len(sequences))
        total: Ints = shaped.sum(axis=0)
        return total

    def variants(self) -> Iterator[Variant]:
        """Yield other ways to compute the same scores: see `mit_harness.models.neural.variants`."""
        from mit_harness.models.neural.variants import variants

        return variants(self, self._open())

    def twin(self, logits: ScoredLogits, batcher: Batcher, device: str | None = None) -> Self:
        """Return a model that scores as this one does, by another network or batcher.

        It shares no prefix: what sharing does to a score is then part of the noise floor.
        """
        made = copy(self)
        made._logits, made.batcher, made.sharing = logits, batcher, None
        made._device = self._device if device is None else torch.device(device)
        return made

    def close(self) -> None:
        """Release the network and its device's memory."""
        self._logits = self.sharing = None
        self._release()

    @property
    def _on_cpu(self) -> bool:
        return bool(self._device.type == "cpu")

    def _shares(self, network: Network, share: bool | None) -> PrefixSharing | None:
        """Return what shares prefixes, if they are to be shared."""
        if self._kind != "causal" or self._logits is None or share is False:
            return None
        if share is None:
            weights = network.parameters() if isinstance(network, torch.nn.Module) else ()
            wide = {p.dtype for p in weights} <= {torch.float32, torch.float64}
            if not (self._on_cpu and wide):
                return None
        level = logging.WARNING if share else logging.INFO
        return PrefixSharing(self._logits, self._vocabulary, level)

    def _release(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()

    def _copies(self, scored: range) -> int:
        """Return how many rows the network reads of one input."""
        if self._kind == "causal":
            return 1
        return len(scored) if self._masks is None else min(self._masks, len(scored))

    def _passes(self, sequences: Sequence[str]) -> list[list[Encoded]]:
        """Return what is read of every sequence, once for each strand and frame."""
        strands: list[Sequence[str]] = []
        if self._strand != "reverse":
            strands.append(sequences)
        if self._strand != "forward":
            strands.append([reverse_complement(s) for s in sequences])
        frames = range(self._encoder.frames)
        return [self._encoder.encode(texts, frame) for texts in strands for frame in frames]

    def _check(self, bucket: Bucket, sequences: Sequence[str]) -> None:
        """Refuse what would be an index error, or on a device the end of the process."""
        first = named(sequences[bucket.owners[0]])
        if not bucket.scored:
            raise ModelError(
                f"sequence {first} has no token to score: the model predicts a token from "
                "earlier ones, and there is only one; give it a context"
            )
        length = bucket.ids.shape[1]
        if self._positions is not None and length > self._positions:
            raise ModelError(
                f"sequence {first} makes an input of {length} tokens; the model reads "
                f"{self._positions} at most: use a smaller context or shorter sequences"
            )
        highest = int(bucket.ids.max())
        counted = int(bucket.ids[:, bucket.scored.start : bucket.scored.stop].max())
        if counted >= self._vocabulary or (self._rows is not None and highest >= self._rows):
            raise ModelError(
                f"the tokenizer gives sequence {first} ids up to {highest}, but the model knows "
                f"{self._rows} of {self._vocabulary}: tokenizer and model do not belong together"
            )

    def _open(self) -> ScoredLogits:
        if self._logits is None:
            raise ModelError("the model is closed; load it again")
        return self._logits

    def _score(self, logits: ScoredLogits, bucket: Bucket, sequences: Sequence[str]) -> Floats:
        """Return the score of each input of a bucket, shape (n,)."""
        sharing = None if self.sharing is None or self.sharing.off else self.sharing
        device = self._device
        order = np.arange(len(bucket.ids)) if sharing is None else in_order(bucket.ids)
        chosen, scored = bucket.ids[order], bucket.scored
        ids = torch.as_tensor(chosen, device=device)
        size = self._copies(scored)

        def step(batch: slice) -> Floats:
            if sharing is not None:
                found = sharing.scores(chosen[batch], scored, device)
            elif self._kind == "causal":
                found = causal_scores(logits, ids[batch], scored, self._vocabulary)
            else:
                copies = torch.arange(batch.start, batch.stop, device=device)
                places = hidden_positions(copies % size, size, scored)
                found = masked_scores(
                    logits, ids, copies // size, places, self._mask_id, self._vocabulary
                )
            wrong = np.flatnonzero(~np.isfinite(found))
            if len(wrong):
                owner = bucket.owners[order[(batch.start + wrong[0]) // size]]
                raise ModelError(
                    f"the model gives sequence {named(sequences[owner])} the log-probability "
                    f"{found[wrong[0]]}: its weights or its dtype are not usable"
                )
            return found

        length = ids.shape[1]
        hidden = -(-len(scored) // size)
        share = hidden / length if self._kind == "masked" and logits.separable else 1.0
        cached = 0 if sharing is None else sharing.token_bytes
        most = None if self._cost is None else self._cost.tokens(length, share, cached)
        work = None if sharing is None else (lambda batch: sharing.work(chosen[batch], scored))
        found = self.batcher.run(len(ids) * size, length, step, most, work)
        values = np.empty(len(ids), dtype=np.float64)
        values[order] = found.reshape(len(ids), size).sum(axis=1)
        return values


def _buckets(passes: list[list[Encoded]]) -> Iterable[Bucket]:
    """Yield inputs grouped by length and scored positions, in the sequences' order."""
    groups: dict[tuple[int, int, int], list[tuple[int, Encoded]]] = defaultdict(list)
    for made in passes:
        for owner, one in enumerate(made):
            groups[len(one.ids), one.scored.start, one.scored.stop].append((owner, one))
    for key in sorted(groups):
        inputs = sorted(groups[key], key=lambda pair: pair[0])
        yield Bucket(
            np.array([one.ids for _, one in inputs], dtype=np.int64),
            inputs[0][1].scored,
            np.array([owner for owner, _ in inputs], dtype=np.int64),
        )


def _mask_id(tokenizer: Tokenizer) -> int:
    found = getattr(tokenizer, "mask_token_id", None)
    if found is None:
        raise ModelError("the tokenizer has no mask token, so the model cannot be scored as masked")
    return int(found)


def _ready(network: Network, device: torch.device) -> Network:
    """Return the network on its device, without dropout and without a cache of keys."""
    config = getattr(network, "config", None)
    if config is not None and getattr(config, "use_cache", False):
        config.use_cache = False  # nothing is generated, and the cache costs memory
    return network.to(device).eval() if isinstance(network, torch.nn.Module) else network


def _limits(network: Network) -> tuple[int | None, int | None]:
    """Return how many ids and how many positions a network knows, None where it does not say."""
    config = getattr(network, "config", None)
    sizes = (getattr(config, name, None) for name in _POSITIONS)
    positions = next((size for size in sizes if isinstance(size, int) and size > 0), None)
    embeddings = getattr(network, "get_input_embeddings", None)
    try:
        return int(embeddings().weight.shape[0]) if embeddings else None, positions
    except (AttributeError, NotImplementedError):
        return None, positions
