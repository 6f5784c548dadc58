"""What the package evo2 gives, seen as any other network: bytes in, logits out."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mit_harness.errors import ModelError
from mit_harness.models.base import Floats
from mit_harness.models.neural.batching import Batcher, Step
from mit_harness.models.neural.options import Strand
from mit_harness.models.neural.tokens import named
from mit_harness.promoter.genome import window

if TYPE_CHECKING:
    from torch import Tensor

    from mit_harness.models.neural.model import NeuralModel

VOCABULARY = 512
"""Columns of the logits: the softmax that was trained is over all of them, bytes or not."""

BATCH = 16
"""Sequences of one batch unless the spec says otherwise. Fixed, not found by measuring: reduced
precision gives other digits in a batch of another size, and a run should repeat."""

DEVICE = "cuda:0"
"""Where the package takes its input and gives its logits, on however many GPUs it spreads."""

_RRNA_START, _RRNA_LENGTH = 4_035_531, 512
"""The 5' end of rrsA, a 16S rRNA gene, in NC_000913.3: as conserved as DNA gets."""
_GUESSING = math.log(4)
"""Nats per base."""

_NOT_A_BASE = re.compile("[^ACGT]")


@dataclass
class RowBatcher(Batcher):
    """Runs so many rows at once, whatever their length; half as many after a lack of memory.

    Attributes
    ----------
    rows
        Of one batch at most.
    """

    rows: int = BATCH

    def run(
        self,
        rows: int,
        length: int,
        step: Step,
        most: int | None = None,
        work: Callable[[slice], int] | None = None,
    ) -> Floats:
        """Return what `step` gives for `rows` rows of `length` tokens each, shape (rows,)."""
        self.budget = self.most = self.rows * length
        self.settled = True  # no size is tried
        values = super().run(rows, length, step, most, work)
        self.rows = max(1, self.budget // length)
        return values


class ByteTokenizer:
    """The package's tokenizer with the face of a transformers one.

    Parameters
    ----------
    tokenizer
        Has ``tokenize(text)``, ``detokenize(ids)`` and ``vocab_size``.
    """

    unk_token_id = None

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - a package without types
        self._tokenizer = tokenizer

    def __call__(self, text: list[str], /, *, add_special_tokens: bool) -> Mapping[str, Any]:
        """Return ``input_ids``; there are no special tokens to add.

        Raises
        ------
        ModelError
            For anything but A, C, G and T: every byte has an id, so none would be refused later.
        """
        for one in text:
            found = _NOT_A_BASE.search(one)
            if found is not None:
                raise ModelError(
                    f"sequence {named(one)} holds {found.group()!r} at place {found.start()} "
                    "(0-based); Evo 2 reads bytes, and only A, C, G and T in upper case are bases "
                    "to it"
                )
        return {"input_ids": [[int(i) for i in self._tokenizer.tokenize(one)] for one in text]}

    def decode(self, token_ids: list[int], /, *, clean_up_tokenization_spaces: bool) -> object:
        """Return the text of ids."""
        return self._tokenizer.detokenize(token_ids)

    def convert_ids_to_tokens(self, ids: list[int], /) -> Iterable[object]:
        """Return the text of each id."""
        return [self._tokenizer.detokenize([i]) for i in ids]

    def __len__(self) -> int:
        """Return the number of ids, most of which are no base."""
        return int(self._tokenizer.vocab_size)


class PackageLogits:
    """The package's model with the face of a network that gives logits.

    Parameters
    ----------
    model
        Called with ids, shape (n, L); returns ``(outputs, embeddings)``, logits first in outputs.
    max_tokens
        Of one input.
    """

    def __init__(self, model: Any, max_tokens: int) -> None:  # noqa: ANN401 - as above
        self._model = model
        self.config = SimpleNamespace(max_seqlen=max_tokens)

    def __call__(self, ids: "Tensor", /, **options: "Tensor") -> object:
        """Return logits, shape (n, L, 512).

        Raises
        ------
        ModelError
            If the package answers otherwise than it documents.
        """
        answer = self._model(ids, **options)
        try:
            logits = answer[0][0]
            shape = tuple(logits.shape)
        except (TypeError, LookupError, AttributeError):
            shape = ()
        if shape != (*ids.shape, VOCABULARY):
            raise ModelError(
                f"the package evo2 {package_version('evo2')} gave "
                f"{shape or type(answer).__name__} for ids of shape {tuple(ids.shape)}, where its "
                f"documentation has (outputs, embeddings), with logits of {VOCABULARY} columns "
                "first in outputs; use version 0.6"
            )
        found: Any = logits
        return found


def evo2_model(
    package_model: Any,  # noqa: ANN401 - a package without types
    *,
    max_tokens: int,
    strand: Strand = "forward",
    context: int | None = None,
    batch: int = BATCH,
    device: str | None = None,
) -> "NeuralModel":
    """Return the scorer around a loaded ``Evo2`` of the package.

    Sequences of one length share a batch, nothing is padded, and no gradient is kept: with one,
    Transformer Engine would adapt its FP8 scales to every batch, and scores to their company.

    Parameters
    ----------
    package_model
        Has ``tokenizer`` and can be called with ids.
    max_tokens
        Of one input.
    strand, context
        As in `NeuralModel`.
    batch
        Sequences of one batch at most.
    device
        `DEVICE` unless given.
    """
    from mit_harness.models.neural.model import NeuralModel

    model = NeuralModel(
        PackageLogits(package_model, max_tokens),
        ByteTokenizer(package_model.tokenizer),
        "causal",
        device=device or DEVICE,
        strand=strand,
        context=context,
        vocabulary=VOCABULARY,
    )
    model.batcher = RowBatcher(rows=batch, release=model.batcher.release)
    return model


def refuse_untrained(model: "NeuralModel", text: str) -> None:
    """Raise if a model knows nothing of a gene that every trained one has seen in a thousand forms.

    The package reports no tensor that it did not fill, and its authors report low accuracy on
    GPUs whose FP8 is another.

    Raises
    ------
    ModelError
        If it predicts the bases no better than guessing would.
    """
    scores = model.score([window(_RRNA_START, _RRNA_LENGTH, "+")])
    cost = -float(scores.values[0]) / int(scores.bases[0])
    if cost > _GUESSING:
        raise ModelError(
            f"{text!r} predicts the 16S rRNA gene of E. coli at {cost:.2f} nats a base, where "
            f"guessing costs {_GUESSING:.2f}: its weights are not those of a trained model, or "
            "this GPU's FP8 is not usable"
        )


def package_version(package: str) -> str:
    """Return the version of a package, empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
