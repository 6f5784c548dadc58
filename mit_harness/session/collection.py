"""Which collected tests are evals, in which order they run, and what they need scored."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import InputError
from mit_harness.session.recorder import case_property

if TYPE_CHECKING:
    from mit_harness.session.run import EvalRun

MARK = "mit_claim"


def claim_of(item: pytest.Item) -> Claim | None:
    """Return the claim that an item's marker names (an id, or a `Claim` itself), or None.

    Raises
    ------
    InputError
        If the marker names no claim, or one that there is not.
    """
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return None
    if len(mark.args) != 1:
        raise InputError(f"{item.nodeid}: write @pytest.mark.{MARK}('claim id')")
    named = mark.args[0]
    return _own(named, item) if isinstance(named, Claim) else get_claim(str(named))


def _own(claim: Claim, item: pytest.Item) -> Claim:
    """Check that a claim of the user's own has an id that can stand in files and tables."""
    name = getattr(claim, "id", "")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise InputError(
            f"{item.nodeid}: {type(claim).__name__}.id is {name!r}; an id holds letters, digits, "
            "'.', '_' and '-' only"
        )
    if name in CLAIMS and type(claim) is not type(get_claim(name)):
        raise InputError(
            f"{item.nodeid}: {type(claim).__name__} has the id of the shipped claim {name!r}; "
            "give it one of its own"
        )
    return claim


def model_of(item: pytest.Item) -> str | None:
    """Return the unique name of the model that an item is parametrised with, or None."""
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get("mit_model")


def has_cases(items: Sequence[pytest.Item]) -> bool:
    """Tell whether any item is an eval case: a claim meets a model."""
    return any(model_of(item) is not None and claim_of(item) is not None for item in items)


def arrange(config: pytest.Config, run: "EvalRun", items: list[pytest.Item]) -> None:
    """Deselect claims not asked for, bring each model's evals together, and fix the plan.

    A session-scoped fixture is set up again whenever its parameter changes from one item to the
    next, so items are sorted by model; tests that are not evals come first, in their order.
    """
    wanted = run.settings.claims
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        claim = claim_of(item)
        (dropped if claim and wanted and claim.id not in wanted else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    order = {name: place for place, name in enumerate(run.handles)}
    kept.sort(key=lambda item: order.get(model_of(item) or "", -1))
    items[:] = kept
    for item in items:
        model, claim = model_of(item), claim_of(item)
        if model is not None and claim is not None:
            run.select(model, claim)
            # Said now, so that every report of the eval carries it, whatever breaks first.
            item.user_properties.append(case_property(model, claim.id, claim.version))
