"""Which pairs are audited: those that claims compare, each once, and what is meant by them."""

from collections import Counter

import pytest

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import NotApplicable
from mit_harness.promoter.audit_pairs import AuditPair, default_pairs
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.report.audit_pairs import claim_pairs
from mit_harness.stats.verdict import Verdict


class Own(Claim):
    id = "own"
    meaning = {Verdict.HOLDS: "", Verdict.REFUTED: ""}  # noqa: RUF012

    def __init__(self, *pairs, name="own", meaning=None):
        self._pairs, self.id = pairs, name
        self.meaning = meaning or self.meaning

    def pairs(self, protocol):
        if protocol == "published":
            raise NotApplicable("not there")
        return self._pairs

    def measure(self, scored, stats):
        raise NotImplementedError


def by_name(pairs):
    return {pair.name: pair for pair in pairs}


@pytest.fixture(scope="module")
def shipped():
    return claim_pairs(map(get_claim, CLAIMS))


def test_every_pair_of_every_claim_is_there_once(shipped):
    found = Counter(frozenset((pair.family, pair.source)) for pair in shipped)
    assert set(found.values()) == {1}
    for claim_id in CLAIMS:
        for pair in get_claim(claim_id).pairs("matched"):
            assert frozenset(pair) in found, (claim_id, pair)
    for pair in default_pairs(SIGMA70):
        assert frozenset((pair.family, pair.source)) in found


def test_the_claims_of_a_pair_are_named_with_it(shipped):
    for pair in shipped:
        for claim_id in CLAIMS:
            compared = {frozenset(p) for p in get_claim(claim_id).pairs("matched")}
            named = frozenset((pair.family, pair.source)) in compared
            assert (claim_id in pair.claims) == named


def test_the_group_that_has_to_win_is_the_source():
    first, *_, last = claim_pairs([Own(("winner", "loser"))])
    assert first == AuditPair("loser", "winner", ("own",))
    assert last.claims == ()
    found = by_name(claim_pairs([Own(("E", "D"), ("E", "H"))]))
    assert found["E against D"].claims == found["H against E"].claims == ("own",)  # as built
    assert found["E against D"].edit


def test_pairs_follow_their_claims_and_no_claim_comes_last():
    pairs = claim_pairs([Own(("H_decoy", "E_decoy")), Own(("E_decoy", "H_decoy"), name="two")])
    assert pairs[0].claims == ("own", "two")
    assert {pair.claims for pair in pairs[1:]} == {()}


def test_a_diagnostic_alone_is_a_limit_and_a_verdict_beside_it_is_not():
    only = {Verdict.MEASURED: ""}
    diagnostic = Own(("a", "b"), name="diagnostic", meaning=only)
    (alone,) = claim_pairs([diagnostic])[:1]
    assert "a diagnostic" in alone.limit
    for order in ([diagnostic, Own(("a", "b"))], [Own(("a", "b")), diagnostic]):
        (both,) = claim_pairs(order)[:1]
        assert both.limit == ""
        assert len(both.claims) == 2


def test_a_known_limit_is_that_of_our_own_claims():
    ours = claim_pairs([get_claim("natural_rescue")])
    assert by_name(ours)["A_displaced against A_compensated"].limit
    own = claim_pairs([get_claim("natural_rescue"), Own(("A_compensated", "A_displaced"))])
    assert by_name(own)["A_displaced against A_compensated"].limit == ""


def test_claims_that_the_protocol_does_not_know_are_left_out():
    found = by_name(claim_pairs(map(get_claim, CLAIMS), "published"))
    assert found["H against E"].claims == ("scrambled_control",)
    assert found["D against C"].claims == ("motif_effect",)
    assert "A_sham against A_broken" in found
    assert not any(pair.claims for name, pair in found.items() if name.startswith("A_"))
    assert claim_pairs([Own(("a", "b"))], "published") == default_pairs(SIGMA70)


def test_what_a_claim_edits_is_known(shipped):
    edited = {pair.name for pair in shipped if pair.edit and pair.claims}
    assert "E against D" in edited
    assert "minus10_A2G against minus10_T1C" in edited
    assert not any("decoy" in name and "AACCA" not in name for name in edited)
