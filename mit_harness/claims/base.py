"""What a claim is: a design, a judgement, and words for what came out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import NotApplicable
from mit_harness.promoter.core import DesignSpec, Protocol, build
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference, inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict, combine, decide

Floats = NDArray[np.float64]
MIN_PAIRS = 6


@dataclass(frozen=True)
class Scored:
    """A claim's sequences with one model's scores, row by row.

    Attributes
    ----------
    sequences
        What the claim designed.
    values
        float64, shape (len(sequences),).
    """

    sequences: SequenceSet
    values: Floats

    def has(self, *groups: str) -> bool:
        """Tell whether every named group is there."""
        return set(groups) <= set(self.sequences.rows)

    def group(self, name: str) -> Floats:
        """Return the scores of one group, by index ascending; none where it is empty."""
        return self.values[self.sequences.rows.get(name, np.empty(0, dtype=np.intp))]

    def matched(self, *groups: str) -> tuple[Floats, ...]:
        """Return the scores of several groups at the indices that all of them hold."""
        common = reduce(np.intersect1d, map(self.sequences.indices, groups))
        return tuple(
            self.group(name)[np.isin(self.sequences.indices(name), common)] for name in groups
        )

    def not_finite(self) -> str | None:
        """Return a sentence naming the first sequence without a finite score, or None."""
        bad = np.flatnonzero(~np.isfinite(self.values))
        if not len(bad):
            return None
        item, value = self.sequences[int(bad[0])], self.values[bad[0]]
        what = "no score" if np.isnan(value) else f"the score {value}"
        return f"{len(bad)} of {len(self.values)} sequences, first {item.id}, have {what}"


@dataclass(frozen=True)
class Part:
    """One number on which the verdict rests."""

    metric: Metric
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class ClaimResult:
    """What one claim says of one model.

    Attributes
    ----------
    claim, version
        Which rule judged; another version is another rule.
    verdict
        See `mit_harness.stats.verdict`.
    n
        Pairs behind the verdict.
    parts
        The numbers on which the verdict rests, with the reason for each.
    reported
        Numbers that no verdict rests on.
    explanation
        What came out, against which threshold, and what to look at.
    """

    claim: str
    version: int
    verdict: Verdict
    n: int
    parts: tuple[Part, ...]
    reported: tuple[Metric, ...]
    explanation: str

    @property
    def p(self) -> float | None:
        """One-sided p of the whole claim: the largest of its parts (intersection-union test)."""
        values = [part.metric.p for part in self.parts]
        known = [p for p in values if p is not None]
        return max(known) if known and len(known) == len(values) else None


class Claim(ABC):
    """A mechanistic claim. It designs sequences and judges their scores; it never sees a model.

    Subclasses say what they compare (`groups`), what they measure (`measure`) and what each
    outcome means (`meaning`). See docs/extending.md for a worked example.
    """

    id: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    compares: ClassVar[str]
    threshold: ClassVar[float] = 0.5
    threshold_text: ClassVar[str] = "CI low > 0.50"
    absent_band: ClassVar[tuple[float, float] | None] = (0.4, 0.6)
    meaning: ClassVar[Mapping[Verdict, str]]

    @abstractmethod
    def groups(self, protocol: Protocol) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return (required, optional) group names.

        Required ones are listed in pairs: a claim that fails tells its reader to compare these.

        Raises
        ------
        NotApplicable
            If the protocol has no counterpart of this claim.
        """

    @abstractmethod
    def measure(
        self, scored: Scored, stats: Inference
    ) -> tuple[Sequence[Metric], Sequence[Metric]]:
        """Return the metrics that the verdict rests on, and those that are only reported."""

    def design(self, spec: DesignSpec) -> SequenceSet:
        """Return the sequences to score.

        Raises
        ------
        NotApplicable
            If the user's suite lacks a group that the claim needs.
        """
        required, optional = self.groups(spec.protocol)
        if spec.suite is None:
            return build(spec, (*required, *optional))
        lacking = [group for group in required if group not in spec.suite.groups]
        if lacking:
            raise NotApplicable(
                f"{self.id} needs {', '.join(lacking)}, which the suite does not hold "
                f"(it holds {', '.join(spec.suite.groups)})"
            )
        return spec.suite.only((*required, *optional))

    def judge(
        self, scored: Scored, *, protocol: Protocol, seed: int, tolerance: float
    ) -> ClaimResult:
        """Judge one model's scores of this claim's sequences.

        Parameters
        ----------
        scored
            The sequences of `design` and their scores.
        protocol
            Which statistics to use.
        seed
            Of the bootstrap.
        tolerance
            Differences up to this count as ties.
        """
        if fault := scored.not_finite():
            return self.failed(f"{fault}; a score must be a finite number for every sequence")
        deciding, reported = self.measure(scored, inference(protocol, seed, tolerance))
        parts = []
        for metric in deciding:
            verdict, reason = decide(metric, self.threshold, self.absent_band, min_n=MIN_PAIRS)
            parts.append(Part(metric, verdict, reason))
        verdict = combine([part.verdict for part in parts])
        return ClaimResult(
            claim=self.id,
            version=self.version,
            verdict=verdict,
            n=min(part.metric.n for part in parts),
            parts=tuple(parts),
            reported=tuple(reported),
            explanation=self._explain(verdict, parts, protocol),
        )

    def failed(self, why: str) -> ClaimResult:
        """Return the result of a claim that could not be judged: the verdict ``error``."""
        return ClaimResult(self.id, self.version, Verdict.ERROR, 0, (), (), f"error: {why}")

    def _explain(self, verdict: Verdict, parts: Sequence[Part], protocol: Protocol) -> str:
        numbers = "; ".join(describe(part, alone=len(parts) == 1) for part in parts)
        needed = self.threshold_text if len(parts) == 1 else f"{self.threshold_text} for each"
        said = [f"{verdict}: {numbers}.", f"Needed: {needed}.", self.meaning.get(verdict, "")]
        groups, _ = self.groups(protocol)
        pairs = [f"{a}_i with {b}_i" for a, b in zip(groups[::2], groups[1::2], strict=False)]
        if pairs and verdict in (Verdict.REFUTED, Verdict.ABSENT):
            said.append(f"Compare {' and '.join(pairs)}.")
        return " ".join(filter(None, said))


def describe(part: Part, *, alone: bool) -> str:
    """Return one deciding number in words: name, value, n, ties, its own verdict and why."""
    metric = part.metric
    value = "undefined" if metric.value is None else f"{metric.value:.3f}"
    own = "" if alone else f" {part.verdict}"
    ties = f", {metric.ties} tied" if metric.ties else ""
    return f"{metric.name} = {value} (n = {metric.n}{ties}){own}: {part.reason}"
