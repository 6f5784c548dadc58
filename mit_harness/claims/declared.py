"""The truth table: which verdicts each embedded control may get, claim by claim."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from mit_harness.claims.registry import ON_MEASURED
from mit_harness.models.base import ModelHandle
from mit_harness.promoter.core import DesignSpec
from mit_harness.stats.verdict import Verdict

TRUTH_TABLE = "truth_table.toml"


@cache
def truth_table() -> Mapping[str, Mapping[str, frozenset[Verdict]]]:
    """Return control name -> claim id -> the verdicts that the control may get."""
    text = (files("mit_harness.claims") / TRUTH_TABLE).read_text(encoding="utf-8")
    return {
        model: {claim: frozenset(map(Verdict, allowed)) for claim, allowed in row.items()}
        for model, row in tomllib.loads(text).items()
    }


def declared(handle: ModelHandle, claim_id: str, spec: DesignSpec) -> frozenset[Verdict] | None:
    """Return the verdicts that a control may get, or None where nothing is declared.

    Declarations are for the shipped controls without options, at the default n, seed, protocol
    and sequences, and on the published measurements; elsewhere they are not checked.
    """
    if handle.kind != "control" or handle.options or not spec.is_default:
        return None
    if claim_id in ON_MEASURED and not _is_published(spec):
        return None
    # Not by its name: a user's model called pwm may have pushed the control to pwm-2.
    return truth_table().get(handle.spec.partition("?")[0], {}).get(claim_id)


def _is_published(spec: DesignSpec) -> bool:
    from mit_harness.measured.lafleur import read_measured

    return spec.measured is not None and read_measured(spec.measured).is_published
