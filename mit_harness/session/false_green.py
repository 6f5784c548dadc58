"""Every reason why a session that looks fine shows nothing."""

from collections.abc import Iterator, Mapping, Sequence

from mit_harness.session.recorder import Case, Recorder


def false_greens(
    recorder: Recorder, evals: Sequence[str], *, expected: bool, reported: bool
) -> list[str]:
    """Return what must not be taken for a pass, in sentences.

    Parameters
    ----------
    recorder
        What came out of the session.
    evals
        Collected tests that are evals of a model, as far as their names show.
    expected
        Whether the command itself says that evals were to be run.
    reported
        Whether this process can write a report.
    """
    found = []
    if missing := recorder.missing:
        found.append(
            f"{len(missing)} of {len(recorder.collected)} tests were collected but never "
            f"reported, first {missing[0]}"
        )
    if recorder.cases:
        return [*found, *_of_cases(recorder.cases, reported)]
    explained = evals and (found or recorder.faults)
    if not explained and (expected or evals):
        found.append("no eval was run, so nothing was shown")
    return found


def _of_cases(cases: Mapping[str, Case], reported: bool) -> Iterator[str]:
    if not reported:
        yield (
            "evals ran in workers, but their files did not show it beforehand, so there is no "
            "report: run without -n, or name any --mit- option"
        )
    skipped = [case.skipped for case in cases.values() if case.skipped]
    if len(skipped) == len(cases):
        yield f"every eval was skipped, so nothing was shown; first reason: {skipped[0]}"
    for nodeid, case in cases.items():
        if case.record is None and not case.skipped and not case.fault:
            yield f"{nodeid} ended without a verdict; did it call mit_verdict()?"
            break
    errors = [c for c in cases.values() if c.record is not None and c.record.verdict == "error"]
    if errors:
        first = f"{errors[0].claim} of {errors[0].model}"
        several = f"{len(errors)} verdicts are errors, first {first}"
        yield several if len(errors) > 1 else f"a verdict is an error: {first}"
