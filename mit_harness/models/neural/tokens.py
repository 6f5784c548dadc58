"""Sequences as tokens: what a model reads, which of it counts, and that no base is lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mit_harness.errors import ModelError
from mit_harness.models.neural.flanks import LikelihoodKind, flanks

_PROBE = "ACGTTGCAAGCTCTGATTACGGCC"
_NAMED = 30
"""Bases by which an error names a sequence."""

_GLUE = str.maketrans("", "", " \t\n\u2581")
"""What decoders put between tokens: spaces, and sentencepiece's mark of a word's beginning."""


class Tokenizer(Protocol):
    """What is asked of a transformers tokenizer, slow or fast."""

    def __call__(self, text: list[str], /, *, add_special_tokens: bool) -> Mapping[str, Any]:
        """Return a mapping with ``input_ids``, a list of ids for each text."""
        ...

    def decode(self, token_ids: list[int], /, *, clean_up_tokenization_spaces: bool) -> object:
        """Return the text of ids."""
        ...

    def convert_ids_to_tokens(self, ids: list[int], /) -> Iterable[object]:
        """Return what the vocabulary calls each id."""
        ...

    def __len__(self) -> int:
        """Return the number of ids."""
        ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sequence as a model reads it.

    Attributes
    ----------
    ids
        Token ids: special tokens, prefix, left flank, sequence, right flank, special tokens.
    scored
        Positions in `ids` that count: tokens of the sequence alone.
    bases
        bp that the scored tokens spell.
    """

    ids: tuple[int, ...]
    scored: range
    bases: int

    @property
    def tokens(self) -> int:
        """Number of tokens that count."""
        return len(self.scored)


class Encoder:
    """Turns sequences into tokens, with the same conditioning context around each.

    Prefix, flanks and sequence are tokenised apart from each other and then joined, so the tokens
    of the sequence never depend on what stands beside it. The tokenizer's own special tokens are
    put around the whole, as its template does it. Only tokens of the sequence are ever scored.

    Parameters
    ----------
    tokenizer
        A transformers tokenizer, slow or fast.
    kind
        A causal model cannot score the first token of its input. Where neither a special token
        nor a flank stands before the sequence, its first token is left out of all counts.
    context
        bp of flank (`flanks`); None for the default, 0 for none.
    frames
        k, to encode a sequence in each of the k frames of a tokenizer of non-overlapping k-mers.
    lower_case
        Whether the model reads bases in lower case.
    prefix
        Text in front of everything, such as gLM2's ``"<+>"``; never scored.

    Raises
    ------
    ModelError
        If the tokenizer does not keep the flanks' bases, or the frames do not fit it.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        kind: LikelihoodKind,
        context: int | None = None,
        frames: int = 1,
        *,
        lower_case: bool = False,
        prefix: str = "",
    ) -> None:
        self._tokenizer = tokenizer
        self._kind = kind
        self._lower_case = lower_case
        self._texts: dict[int, str] = {}
        self._before, self._after = self._template()
        self._prefix = self._read_prefix(prefix)
        self._left, right = flanks(kind, context)
        self._left_ids = self._pieces([self._left])[0]
        self._right_ids = self._pieces([right])[0]
        self.frames = frames
        if frames != 1:
            self._check_frames()

    def encode(self, sequences: Sequence[str], frame: int = 0) -> list[Encoded]:
        """Return the tokens of upper-case sequences of A, C, G and T, in their order.

        Parameters
        ----------
        sequences
            n sequences.
        frame
            bp by which the left flank is shifted, below `frames`. The flank loses so many bases
            on its left and takes as many of the sequence's first on its right: its last token
            straddles the boundary and is not scored, and neither are those bases.

        Raises
        ------
        ModelError
            If a base does not survive the tokenizer; the sequence and its tokens are named.
        """
        if not 0 <= frame < max(self.frames, 1):
            raise ValueError(f"frame {frame} of {self.frames}")
        pieces = self._pieces([self._rest(sequence, frame) for sequence in sequences])
        if frame == 0:
            lefts = [self._left_ids] * len(sequences)
        else:
            lefts = self._pieces([self._left[frame:] + s[:frame] for s in sequences])
        read = zip(sequences, lefts, pieces, strict=True)
        return [self._joined(left, piece, len(s) - frame) for s, left, piece in read]

    def _rest(self, sequence: str, frame: int) -> str:
        if len(sequence) <= frame:
            raise ModelError(
                f"sequence {sequence!r} is too short to be read in {self.frames} frames"
            )
        return sequence[frame:]

    def _joined(self, left: list[int], piece: list[int], bases: int) -> Encoded:
        head = [*self._before, *self._prefix, *left]
        start, stop = len(head), len(head) + len(piece)
        if self._kind == "causal" and not head:
            # Nothing stands before the first token to predict it from.
            start, bases = 1, bases - len(self._text(piece[0]))
        ids = (*head, *piece, *self._right_ids, *self._after)
        return Encoded(ids, range(start, stop), bases)

    def _ids(self, texts: list[str], special: bool = False) -> list[list[int]]:
        found = self._tokenizer(texts, add_special_tokens=special)["input_ids"]
        return [[int(token) for token in ids] for ids in found]

    def _pieces(self, sequences: list[str]) -> list[list[int]]:
        """Return the ids of each text of bases alone, checked to spell it."""
        if not any(sequences):  # some tokenizers make a token out of nothing
            return [[] for _ in sequences]
        cased = [s.lower() if self._lower_case else s for s in sequences]
        pieces = self._ids(cased)
        for sequence, ids in zip(sequences, pieces, strict=True):
            self._check(sequence, ids)
        return pieces

    def _check(self, sequence: str, ids: list[int]) -> None:
        texts = [self._text(token) for token in ids]
        unknown = getattr(self._tokenizer, "unk_token_id", None)
        if "".join(texts) == sequence and unknown not in ids and all(texts):
            return
        shown = self._tokenizer.convert_ids_to_tokens(ids[: _NAMED // 2])
        more = " ..." if len(ids) > _NAMED // 2 else ""
        raise ModelError(
            f"the tokenizer does not keep the bases of sequence {named(sequence)}: it makes "
            f"{len(ids)} tokens of them, {' '.join(map(str, shown))}{more}, which spell "
            f"{named(''.join(texts)) if ids else 'nothing'}; "
            f"{_remainder(sequence, texts) or 'the model cannot score it'}"
        )

    def _text(self, token: int) -> str:
        """Return the bases that a token spells, in upper case."""
        text = self._texts.get(token)
        if text is None:
            decoded = str(self._tokenizer.decode([token], clean_up_tokenization_spaces=False))
            # "##" marks a wordpiece that is no beginning. Case is the tokenizer's own affair.
            text = decoded.translate(_GLUE).removeprefix("##").upper()
            self._texts[token] = text
        return text

    def _template(self) -> tuple[list[int], list[int]]:
        """Return the special ids before and after a text, whatever the tokenizer's way."""
        probe = _PROBE.lower() if self._lower_case else _PROBE
        bare, framed = self._ids([probe])[0], self._ids([probe], special=True)[0]
        for start in range(len(framed) - len(bare) + 1):
            if bare and framed[start : start + len(bare)] == bare:
                return framed[:start], framed[start + len(bare) :]
        raise ModelError(
            f"the tokenizer puts no template around a text: {_PROBE} gives ids {bare} without "
            f"special tokens and {framed} with them; the model cannot be scored"
        )

    def _read_prefix(self, prefix: str) -> list[int]:
        if not prefix:
            return []
        ids = self._ids([prefix])[0]
        if not ids or getattr(self._tokenizer, "unk_token_id", None) in ids:
            raise ModelError(f"the tokenizer does not know the prefix {prefix!r}")
        return ids

    def _check_frames(self) -> None:
        """Refuse frames of a tokenizer whose tokens do not lie in them."""
        k = self.frames
        if k < 1 or not self._left or len(self._left) % k:
            raise ModelError(
                f"{k} frames need a left flank to shift, whose length is a multiple of {k}; "
                f"it has {len(self._left)} bp"
            )
        sizes = [len(self._text(token)) for token in self._left_ids]
        if sizes != [k] * (len(self._left) // k):
            raise ModelError(
                f"{k} frames need a tokenizer of non-overlapping {k}-mers; "
                f"this one makes tokens of {min(sizes)} to {max(sizes)} bases"
            )


def _remainder(sequence: str, texts: list[str]) -> str:
    """Say it where all that was lost is the rest of a length that is no multiple of k."""
    widths = {len(text) for text in texts[:-1]}
    width = widths.pop() if len(widths) == 1 else 0
    if width < 2 or not sequence.startswith("".join(texts[:-1])):
        return ""
    rest = len(sequence) % width
    if not rest or len(sequence) // width != len(texts) - 1:
        return ""
    return (
        f"it reads {width} bases at a time, and the last {rest} of {len(sequence)} are no token to "
        f"it: the model scores only lengths that are multiples of {width}, context included"
    )


def named(sequence: str) -> str:
    """Return how an error names a sequence: by its first bases."""
    if len(sequence) <= _NAMED:
        return repr(sequence)
    return f"{sequence[:_NAMED]!r}... ({len(sequence)} bases)"
