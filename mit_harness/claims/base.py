"""What a claim is: a design, a judgement, and words for what came out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import NotApplicable
from mit_harness.promoter.core import DesignSpec, Protocol, build
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference, inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict, combine, decide

Floats = NDArray[np.float64]
Pairs = tuple[tuple[str, str], ...]
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
    measured
        File with what was measured of these sequences, where a claim is judged on that.
    """

    sequences: SequenceSet
    values: Floats
    measured: Path | None = None

    def has(self, *groups: str) -> bool:
        """Tell whether every named group is there."""
        return set(groups) <= set(self.sequences.rows)

    def group(self, name: str) -> Floats:
        """Return the scores of one group, by index ascending; none where it is empty."""
        return self.values[self.sequences.rows.get(name, np.empty(0, dtype=np.intp))]

    def matched(self, *groups: str) -> tuple[Floats, ...]:
        """Return the scores of several groups at the indices that all of them hold."""
        indices = [self.sequences.indices(name) for name in groups]
        if all(np.array_equal(indices[0], other) for other in indices[1:]):
            return tuple(map(self.group, groups))
        common = reduce(np.intersect1d, indices)
        return tuple(
            self.group(name)[np.isin(held, common)]
            for name, held in zip(groups, indices, strict=True)
        )

    def not_finite(self) -> str | None:
        """Return a sentence naming the first sequence without a finite score, or None."""
        bad = np.flatnonzero(~np.isfinite(self.values))
        if not len(bad):
            return None
        item, value = self.sequences[int(bad[0])], self.values[bad[0]]
        what = "no score" if np.isnan(value) else f"the score {value}"
        return f"{len(bad)} of {len(self.values)} sequences, first {item.id}, have {what}"


Role = Literal["deciding", "guard", "premise"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a claim measures on one model.

    Attributes
    ----------
    deciding
        The verdict rests on these. None at all: a diagnostic, whose verdict is ``measured``.
    reported
        Shown, and nothing rests on them.
    guards
        Each can refute the claim; none is needed for it to hold.
    premises
        Unless all of them hold there is nothing to judge, and the verdict is ``undecided``.
    """

    deciding: Sequence[Metric]
    reported: Sequence[Metric] = ()
    guards: Sequence[Metric] = ()
    premises: Sequence[Metric] = ()


@dataclass(frozen=True)
class Part:
    """One number that the verdict depends on, and how."""

    metric: Metric
    verdict: Verdict
    reason: str
    role: Role = "deciding"


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
        The numbers that the verdict depends on, with the reason for each.
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
        """One-sided p of the claim: the largest that has to be small (intersection-union test)."""
        values = [part.metric.p for part in self.parts if part.role != "guard"]
        known = [p for p in values if p is not None]
        return max(known) if known and len(known) == len(values) else None


class Claim(ABC):
    """A mechanistic claim. It designs sequences and judges their scores; it never sees a model.

    Subclasses say what they compare (`pairs`), what they measure (`measure`) and what each
    outcome means (`meaning`); one whose sequences are its own overrides `make`. See
    docs/extending.md for a worked example.
    """

    id: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    compares: ClassVar[str]
    threshold: ClassVar[float] = 0.5
    threshold_text: ClassVar[str] = "CI low > 0.50"
    absent_band: ClassVar[tuple[float, float] | None] = (0.4, 0.6)
    tested_below: ClassVar[bool] = False
    """Whether refuting needs the test too: see `decide`."""
    meaning: ClassVar[Mapping[Verdict, str]]

    @abstractmethod
    def pairs(self, protocol: Protocol) -> Pairs:
        """Return the pairs of groups that a verdict compares, the one that has to win first.

        All of these groups are needed. A claim that fails tells its reader to compare them; the
        audit checks what else tells them apart.

        Raises
        ------
        NotApplicable
            If the protocol has no counterpart of this claim.
        """

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """Return the groups that are scored where they are to be had, for what is reported."""
        return ()

    @abstractmethod
    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """Return what the verdict rests on, and what is only reported."""

    def only_matched(self, protocol: Protocol) -> None:
        """Raise `NotApplicable` under any protocol but ``matched``; for `pairs`."""
        if protocol != "matched":
            raise NotApplicable(f"{self.id} has no counterpart in the {protocol} protocol")

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build the sequences of every group; what `mit_harness.promoter.core` can name."""
        return build(spec, (*self.needed(spec.protocol), *self.also(spec.protocol)))

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """Return the groups without which there is no verdict."""
        return tuple(dict.fromkeys(group for pair in self.pairs(protocol) for group in pair))

    def design(self, spec: DesignSpec) -> SequenceSet:
        """Return the sequences to score.

        Raises
        ------
        NotApplicable
            If the user's suite lacks a group that the claim needs.
        """
        needed = self.needed(spec.protocol)
        if spec.suite is None:
            return self.make(spec)
        lacking = [group for group in needed if group not in spec.suite.groups]
        if lacking:
            raise NotApplicable(
                f"{self.id} needs {_listed(lacking)}, which the suite does not hold "
                f"(it holds {_listed(spec.suite.groups)})"
            )
        return spec.suite.only((*needed, *self.also(spec.protocol)))

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
        measured = self.measure(scored, inference(protocol, seed, tolerance))
        roles: tuple[tuple[Role, Sequence[Metric]], ...] = (
            ("premise", measured.premises),
            ("deciding", measured.deciding),
            ("guard", measured.guards),
        )
        parts = [self._part(metric, role) for role, metrics in roles for metric in metrics]
        verdict = conclude(parts)
        counted = [part.metric for part in parts if part.role == "deciding"]
        return ClaimResult(
            claim=self.id,
            version=self.version,
            verdict=verdict,
            n=min((metric.n for metric in counted or measured.reported), default=0),
            parts=tuple(parts),
            reported=tuple(measured.reported),
            explanation=self._explain(verdict, parts, measured, protocol),
        )

    def _part(self, metric: Metric, role: Role) -> Part:
        verdict, reason = decide(
            metric,
            self.threshold,
            self.absent_band,
            min_n=MIN_PAIRS,
            tested_below=self.tested_below,
        )
        return Part(metric, verdict, reason, role)

    def failed(self, why: str) -> ClaimResult:
        """Return the result of a claim that could not be judged: the verdict ``error``."""
        return ClaimResult(self.id, self.version, Verdict.ERROR, 0, (), (), f"error: {why}")

    def _explain(
        self, verdict: Verdict, parts: Sequence[Part], measured: Measured, protocol: Protocol
    ) -> str:
        if not parts:
            numbers = "; ".join(map(shown, measured.reported))
            return " ".join(filter(None, [f"{verdict}: {numbers}.", self.meaning.get(verdict, "")]))
        deciding = [part for part in parts if part.role == "deciding"]
        numbers = "; ".join(describe(part, alone=len(deciding) == 1) for part in deciding)
        needed = self.threshold_text if len(deciding) == 1 else f"{self.threshold_text} for each"
        said = [*_failed_premises(parts), f"{numbers}.", *_guards(parts), f"Needed: {needed}."]
        said.append(self.meaning.get(verdict, ""))
        if verdict in (Verdict.REFUTED, Verdict.ABSENT):
            said.append(_compare(self.pairs(protocol)))
        return f"{verdict}: " + " ".join(filter(None, said))


def _listed(groups: Sequence[str], most: int = 8) -> str:
    """Return names in a row; of many, the first and how many more."""
    if len(groups) <= most:
        return ", ".join(groups)
    return f"{', '.join(groups[: most // 2])} and {len(groups) - most // 2} more"


def conclude(parts: Sequence[Part]) -> Verdict:
    """Return the verdict: premises first, then what decides, then what can only refute."""
    by_role: dict[Role, list[Verdict]] = {"premise": [], "deciding": [], "guard": []}
    for part in parts:
        by_role[part.role].append(part.verdict)
    if not by_role["deciding"]:
        return Verdict.MEASURED
    if set(by_role["premise"]) - {Verdict.HOLDS}:
        return Verdict.UNDECIDED
    if Verdict.REFUTED in by_role["guard"]:
        return Verdict.REFUTED
    return combine(by_role["deciding"])


def _failed_premises(parts: Sequence[Part]) -> list[str]:
    lost = [p for p in parts if p.role == "premise" and p.verdict is not Verdict.HOLDS]
    if not lost:
        return []
    return [f"nothing to judge, because {'; '.join(describe(p, alone=False) for p in lost)}."]


def _guards(parts: Sequence[Part]) -> list[str]:
    guards = [part for part in parts if part.role == "guard"]
    lost = [describe(part, alone=False) for part in guards if part.verdict is Verdict.REFUTED]
    if lost:
        return [f"Of {len(guards)} conditions {len(lost)} refuted: {'; '.join(lost)}."]
    return [f"None of {len(guards)} conditions refuted."] if guards else []


def _compare(pairs: Pairs) -> str:
    """Return which sequences to look at; of many pairs, the first two."""
    named = [f"{first}_i with {second}_i" for first, second in pairs[:2]]
    return f"Compare {' and '.join(named)}." if named else ""


def shown(metric: Metric) -> str:
    """Return a number without a verdict in words: name, value, interval."""
    if metric.value is None:
        return f"{metric.name} undefined ({metric.note})"
    bounds = "" if metric.ci_low is None else f" [{metric.ci_low:.3g}, {metric.ci_high or 0.0:.3g}]"
    return f"{metric.name} = {metric.value:.3g}{bounds}"


def describe(part: Part, *, alone: bool) -> str:
    """Return one deciding number in words: name, value, n, ties, its own verdict and why."""
    metric = part.metric
    value = "undefined" if metric.value is None else f"{metric.value:.3f}"
    own = "" if alone else f" {part.verdict}"
    ties = f", {metric.ties} tied" if metric.ties else ""
    return f"{metric.name} = {value} (n = {metric.n}{ties}){own}: {part.reason}"
