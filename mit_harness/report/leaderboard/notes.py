"""What the numbers of a leaderboard mean: the same plain words in every medium."""

from collections.abc import Iterable

from mit_harness.report import published
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.schema import DesignRecord, ModelRecord

_MATCHED = """\
Intervals are 95 % (BCa bootstrap over matched pairs, 10,000 resamples; Clopper-Pearson where all
pairs agree); ties count one half. A claim holds when its interval lies above the threshold and an
exact one-sided sign test has p < 0.025. `holds*`: it does not survive Benjamini-Hochberg over the
models or Holm over the claims. CSS alone flatters any model that counts A+T: read SCR decoy, in
which composition is equal and the junctions of element and box stand on both sides. MES is Cohen's
d of intact against broken boxes (synthetic, classes C and D); ∞ means zero spread."""

_PUBLISHED = """\
The paper's protocol: ties lose, percentile bootstrap, one-sided t-test of the 0/1 outcomes, the
models of the run corrected by Benjamini-Hochberg; no control with equal k-mers. MES is Cohen's d of
intact against broken boxes."""

PROBES = """\
UP in place: P(UP element at its place > at six other places). Positional fraction: how much of what
an UP element adds is its place. Place / composition: what that place is worth over what 50 points
of A+T add. Variant ranks: covariance of ranks with PA-PWM's -10 matrix at equal A+T, 1 = its order
(percentile interval; judged with a permutation test). AT-LL r over single sequences and over 18
condition means are different numbers. 3-mer R2: out of fold, bare backgrounds. A dash: undefined,
with the reason in results.json."""

WET_LAB = """\
Rescue AUROC: P(the score changes more where an UP element raised measured expression than where it
lowered it), within one UP element and background; delta method over cells, and its mean over eight
backgrounds with a t interval of 7 degrees of freedom. Sign excess: agreement of the signs, less
that of "always up". Expression: Spearman correlation with measured expression given A+T and
dinucleotides, mean of the eight backgrounds of Urtecho et al. (t, 7 degrees of freedom), which
decides; beside it the other libraries, with intervals that take their sequences for independent.
Tests permute -35 boxes, spacers and -10 boxes, one-sided."""

RUNS = """\
Every number above was recomputed from the per-item scores of its run by this version's designs and
rules. Names, revisions, dates and noise floors are as the runs state them. The noise floor is in
the unit of the model's scores; a dash: not known."""

INCOMPLETE = "This run is incomplete: some of its evals broke or were never reported."

_PUBLISHED_ROWS = """\
The paper scored sequences of its own: only a run of these under `--mit-protocol published` can be
compared with it."""


def of_protocol(design: DesignRecord) -> str:
    """Return what the intervals, tests and verdicts of a run are."""
    return _PUBLISHED if design.protocol == "published" else _MATCHED


def of_published_rows(design: DesignRecord) -> str:
    """Return where the paper's rows come from, and what they can be compared with."""
    lines = [f"From {published.SOURCE}.", _PUBLISHED_ROWS]
    return "\n".join(lines + ([] if design.protocol == "published" else [_PUBLISHED]))


def of_seen(models: Iterable[ModelRecord]) -> list[str]:
    """Return a sentence for each model that holds claims about promoters it was trained on."""
    said = []
    for model in models:
        natural = [c for c in model.claims if c.id.startswith("natural_") and c.verdict == "holds"]
        if model.seen and natural:
            said.append(
                f"{' and '.join(claim.id for claim in natural)} "
                f"{'hold' if len(natural) > 1 else 'holds'} for {model.name}, which was trained on "
                f"{model.seen}: it may know natural promoters by heart, and natural_motif alone "
                "allows for that (sham against broken)."
            )
    return said


def left_out(board: Board) -> list[str]:
    """Return which claims have no column and which models no row, and why."""
    said = []
    if board.left_out:
        said.append(
            f"Claims left out: {', '.join(board.left_out)}; a project's own claims are unknown to "
            "mit-harness leaderboard, which so cannot recompute them."
        )
    if board.absent:
        said.append(
            f"Models left out: {', '.join(board.absent)}; no claim of theirs has scores from which "
            "it could be recomputed."
        )
    return said
