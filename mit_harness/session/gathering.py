"""Per-item scores of a run, gathered where the report is written."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.report.items import ItemScores

if TYPE_CHECKING:
    from mit_harness.session.run import EvalRun


def judged_claims(run: "EvalRun", judged: Iterable[str]) -> tuple[dict[str, Claim], list[str]]:
    """Return claims by id, shipped ones first, and the ids of those that are not known here.

    With workers, a project's own claims are known to them alone.
    """
    wanted = set(judged)
    here = {claim.id: claim for chosen in run.selected.values() for claim in chosen.values()}
    own = sorted(wanted - set(CLAIMS))
    claims = {claim_id: get_claim(claim_id) for claim_id in CLAIMS if claim_id in wanted}
    claims |= {claim_id: here[claim_id] for claim_id in own if claim_id in here}
    return claims, [claim_id for claim_id in own if claim_id not in here]


def item_scores(run: "EvalRun", judged: Mapping[str, Iterable[str]]) -> ItemScores:
    """Return the per-item scores behind every verdict that is no error.

    Parameters
    ----------
    run
        Of this session.
    judged
        By model, the ids of its claims.
    """
    every = dict.fromkeys(claim_id for ids in judged.values() for claim_id in ids)
    claims, absent = judged_claims(run, every)
    designs = {claim_id: run.design(claim) for claim_id, claim in claims.items()}
    borrowed = {claim_id: run.published(claim_id) for claim_id in absent}
    designs |= {claim_id: made for claim_id, made in borrowed.items() if made is not None}
    scores = {}
    for name, handle in run.handles.items():
        mine = {
            claim_id: designs[claim_id] for claim_id in judged.get(name, ()) if claim_id in designs
        }
        distinct = list(dict.fromkeys(item.sequence for made in mine.values() for item in made))
        if distinct:
            table = run.known(handle, distinct)
            scores[name] = {
                claim_id: table.of([item.sequence for item in made])
                for claim_id, made in mine.items()
            }
    return ItemScores(designs, scores, run.spec.measured)
