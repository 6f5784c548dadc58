"""Which claims there are, in the order of their tables."""

from functools import cache
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from mit_harness.errors import InputError, near

if TYPE_CHECKING:
    from mit_harness.claims.base import Claim
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.sequence_set import SequenceSet

CLAIMS: dict[str, str] = {
    "compensation": "Compensation",
    "scrambled_control": "ScrambledControl",
    "motif_effect": "MotifEffect",
    "natural_motif": "NaturalMotif",
    "natural_rescue": "NaturalRescue",
    "at_titration": "AtTitration",
    "up_position": "UpPosition",
    "spacing": "Spacing",
    "strand": "Strand",
    "minus10_variants": "Minus10Variants",
    "robustness": "Robustness",
    "dose_response": "DoseResponse",
    "measured_rescue": "MeasuredRescue",
    "measured_expression": "MeasuredExpression",
    "composition": "Composition",
    "dinucleotide": "Dinucleotide",
}
"""Claim id, which is also its module's name, to its class; imported only when asked for."""

ON_MEASURED = ("measured_rescue", "measured_expression")
"""Claims that are judged on measured promoters: without their file they cannot be asked."""

DESIGNED = tuple(claim_id for claim_id in CLAIMS if claim_id not in ON_MEASURED)
"""Claims whose sequences are designed here."""


def check_claim(claim_id: str) -> str:
    """Return `claim_id` if there is such a claim.

    Raises
    ------
    InputError
        If there is none; near matches are listed.
    """
    if claim_id not in CLAIMS:
        raise InputError(f"no claim {claim_id!r}{near(claim_id, list(CLAIMS))}")
    return claim_id


@cache
def get_claim(claim_id: str) -> "Claim":
    """Return the claim called `claim_id`.

    Raises
    ------
    InputError
        If there is none; near matches are listed.
    """
    module = import_module(f"mit_harness.claims.{check_claim(claim_id)}")
    claim: Claim = getattr(module, CLAIMS[claim_id])()
    return claim


def everything(spec: "DesignSpec") -> "SequenceSet":
    """Return the 650 sequences, every control family, and whatever else a shipped claim needs.

    Built whatever the suite or protocol of `spec`: all that one design can name. Measured
    promoters are among them where `spec` names their file.
    """
    from dataclasses import replace

    from mit_harness.promoter.core import core, families
    from mit_harness.promoter.sequence_set import SequenceSet

    plain = replace(spec, protocol="matched", suite=None)
    asked = DESIGNED if spec.measured is None else CLAIMS
    made = chain([core, families], (get_claim(claim_id).design for claim_id in asked))
    return SequenceSet.of(item for build in made for item in build(plain))
