"""What a record may say of a reference model of the package; nothing is loaded, or even there."""

import pytest

from mit_harness.report.identity import misnamed


def record(make, **facts):
    given = {"spec": "ecoli-causal", "kind": "reference", "tolerance": 1e-3, **facts}
    return make.model("ecoli-causal", **given)


def test_a_reference_is_one_whatever_is_installed(make):
    assert misnamed(record(make)) == ""
    assert misnamed(record(make, spec="ecoli-causal?dtype=float64", tolerance=1e-9)) == ""


@pytest.mark.parametrize("kind", ["user", "control"])
def test_a_reference_of_another_kind_is_refused(make, kind):
    assert misnamed(record(make, kind=kind)) == f"ecoli-causal (ecoli-causal) is no {kind}"


def test_a_tolerance_that_its_spec_does_not_have_is_refused(make):
    assert "the tolerance of ecoli-causal is 5" in misnamed(record(make, tolerance=5.0))
