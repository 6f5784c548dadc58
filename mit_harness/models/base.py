"""The model Protocol, and what may be said of a model before it is loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import ModelError
from mit_harness.promoter.alphabet import Codes, encode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["control", "reference", "user"]

EXACT = 1e-9
"""Tolerance of scores that are summed in float64, and of whoever states none."""

BLOCK = 4096
"""Rows that a vectorised model handles at once; bounds its memory."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n sequences.

    Attributes
    ----------
    values
        float64, shape (n,); higher is more plausible (nats for likelihoods).
    tokens, bases
        int64, shape (n,); how many tokens and bases the value sums over.
    """

    values: Floats
    tokens: Ints
    bases: Ints


Part = Literal["batch", "dtype", "device"]
PARTS: tuple[Part, ...] = ("batch", "dtype", "device")
"""What a noise floor is made of."""


class Variant(NamedTuple):
    """Another way to compute a model's scores, equal to them but for rounding.

    Attributes
    ----------
    part
        What is varied.
    score
        As `Model.score`; None where it cannot be done here.
    reason
        Why not.
    """

    part: Part
    score: Callable[[Sequence[str]], Scores | ArrayLike] | None
    reason: str = ""


@runtime_checkable
class Model(Protocol):
    """Anything that scores sequences. A model never sees a claim.

    A model may also have ``variants()``, an iterator of `Variant`, by which its noise floor is
    measured; each is used before the next is asked for, and none may change the model.
    """

    def score(self, sequences: Sequence[str]) -> Scores | ArrayLike:
        """Return one number per sequence: `Scores`, or any array of shape (n,)."""
        ...

    def close(self) -> None:
        """Release memory and devices."""
        ...


class NumpyModel:
    """A vectorised CPU model: subclasses say what a block of equally long sequences scores."""

    min_length: int = 1
    """Shortest sequence, in bp, on which the score is defined."""

    def score_block(self, codes: Codes) -> Floats:
        """Return scores, shape (n,), of base codes, shape (n, L), n <= `BLOCK`."""
        raise NotImplementedError(f"{type(self).__name__} must define score_block")

    def score(self, sequences: Sequence[str]) -> Floats:
        """Return scores, shape (n,), of sequences of any lengths, in their order.

        Raises
        ------
        ModelError
            If a sequence is shorter than the model's layout needs.
        """
        values = np.empty(len(sequences), dtype=np.float64)
        lengths = np.fromiter((len(s) for s in sequences), dtype=np.int64, count=len(sequences))
        for length in np.unique(lengths):
            if length < self.min_length:
                raise ModelError(
                    f"{type(self).__name__} needs sequences of at least {self.min_length} bp; "
                    f"one has {length}"
                )
            rows = np.flatnonzero(lengths == length)
            for block in np.array_split(rows, -(-len(rows) // BLOCK)):
                values[block] = self.score_block(encode([sequences[row] for row in block]))
        return values

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class ModelHandle:
    """What is known of a model without loading it.

    Attributes
    ----------
    name
        Unique in a run; also the parameter id, so it holds only ``[A-Za-z0-9._-]``.
    spec
        The spec string as the user gave it.
    kind
        ``control`` declares its verdicts, ``reference`` is only measured, ``user`` is judged.
    fingerprint
        Changes whenever a score could change; computed without loading.
    load
        Returns the model, ready to score.
    method
        How the number comes about, such as ``"score"`` or ``"log-likelihood"``; part of the
        store's key.
    tolerance
        Differences up to this count as ties (rounding of the model's own sums).
    lasting
        Whether the fingerprint names the same scores in later runs.
    stored
        Whether scores go through the store; recorded scores are a store of their own.
    options
        Options given in the spec.
    parameters
        Number of trained parameters, where known.
    batch_bases
        Bases scored between two commits to the store, where the run's own number is too many for
        a model this slow; None: the run's.
    revision
        Commit of its checkpoint, where it has one.
    seen
        What it was trained on, where natural promoters are known to be among it.
    """

    name: str
    spec: str
    kind: Kind
    fingerprint: str
    load: Callable[[], Model]
    method: str = "score"
    tolerance: float = EXACT
    lasting: bool = True
    stored: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    parameters: int | None = None
    batch_bases: int | None = None
    revision: str | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Loading:
    """How a run loads neural models, where their specs do not say.

    Attributes
    ----------
    trusted
        Specs whose own Python code may run.
    offline
        Whether nothing may be downloaded.
    device, dtype
        Such as ``"cuda"`` and ``"float32"``; None: the best there is, and float32.
    context
        bp of conditioning flank; None: the default of the model's kind.
    """

    trusted: tuple[str, ...] = ()
    offline: bool = False
    device: str | None = None
    dtype: str | None = None
    context: int | None = None


def as_scores(result: object, sequences: Sequence[str], name: str) -> Scores:
    """Check what a model returned and complete it.

    Raises
    ------
    ModelError
        If it is not one real number per sequence. Non-finite values pass here: they are
        reported with their sequence by whoever judges.
    """
    n = len(sequences)
    if not isinstance(result, Scores):
        bases = np.fromiter((len(s) for s in sequences), dtype=np.int64, count=n)
        return Scores(_column(result, n, np.float64, f"{name} returned"), bases, bases)
    scores = f"{name} returned Scores whose"
    return Scores(
        _column(result.values, n, np.float64, f"{scores} values are"),
        _column(result.tokens, n, np.int64, f"{scores} tokens are"),
        _column(result.bases, n, np.int64, f"{scores} bases are"),
    )


def _column(given: object, n: int, dtype: type[np.float64 | np.int64], what: str) -> NDArray[Any]:
    """Return `given` as an array of shape (n,), if it is one of real (or whole) numbers.

    Not left to numpy, which takes "1" for 1, None for NaN and a complex number for its real part.
    """
    whole = dtype is np.int64
    try:
        array = np.asarray(given)
    except Exception as error:
        kind = type(given).__name__
        raise ModelError(f"{what} a {kind} that is no array of numbers: {error}") from error
    if array.shape != (n,) or array.dtype.kind not in ("iu" if whole else "iufb"):
        raise ModelError(
            f"{what} a {type(given).__name__} of shape {array.shape} and dtype {array.dtype}; "
            f"expected {n} {'whole' if whole else 'real'} numbers, one for each sequence"
        )
    return array.astype(dtype) + dtype(0)  # 0.0, not -0.0, as the store gives it back
