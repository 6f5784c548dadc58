"""Records of small runs, made by hand."""

import pytest

from mit_harness.report.schema import (
    ClaimRecord,
    DesignRecord,
    MetricRecord,
    ModelRecord,
    Results,
    RunRecord,
)


class Make:
    """One record each; whatever a test does not name is ordinary."""

    @staticmethod
    def metric(value=0.63, low=0.53, high=0.72, **facts):
        given = {
            "level": 0.95, "ci_method": "BCa bootstrap", "p": 0.004, "test": "sign test", "n": 100,
            "ties": 0, "unit": "proportion", "mde": 0.645, **facts,
        }  # fmt: skip
        return MetricRecord(value=value, ci_low=low, ci_high=high, **given)

    def claim(self, claim_id="compensation", verdict="holds", **facts):
        given = {
            "version": 1, "n": 100, "metrics": {}, "explanation": f"{verdict}: because", "p": 0.004,
            **facts,
        }  # fmt: skip
        return ClaimRecord(id=claim_id, verdict=verdict, **given)

    def model(self, name="my-model", claims=(), **facts):
        given = {
            "spec": name, "kind": "user", "fingerprint": f"fp of {name}", "method": "score",
            "tolerance": 0.0, "parameters": None, **facts,
        }  # fmt: skip
        return ModelRecord(name=name, claims=list(claims), **given)

    @staticmethod
    def design(**facts):
        given = {
            "protocol": "matched", "n": 100, "seed": 42, "split": "test", "break_form": "TGTAAT",
            **facts,
        }  # fmt: skip
        return DesignRecord(**given)

    def results(self, *models, design=None, **run):
        given = {
            "created": "2026-11-21T00:00:00+00:00", "duration_s": 1.5, "harness": "0.1.0",
            "python": "3.11.7", "pytest": "9.2.0", "platform": "Linux", "complete": True,
            "skipped": {}, "faults": {}, **run,
        }  # fmt: skip
        return Results(run=RunRecord(**given), design=design or self.design(), models=list(models))

    def small_run(self):
        """A control, a drifted control, and a user's model with a hostile explanation."""
        scr = self.metric(0.6, 0.495, 0.69)
        infinite = self.metric(float("inf"), None, None, unit="Cohen's d", p=None, ties=None)
        return self.results(
            self.model(
                "pa-pwm",
                [
                    self.claim(
                        metrics={"css": self.metric(1.0, 0.96, 1.0)}, p_bh=0.01, p_holm=0.01
                    ),
                    self.claim(
                        "scrambled_control",
                        metrics={"scr_decoy": self.metric(1.0, 0.96, 1.0), "scr": self.metric()},
                        p_holm=0.03,
                    ),
                    self.claim("motif_effect", metrics={"mes_synthetic": infinite}),
                ],
                kind="control",
            ),
            self.model(
                "at-content",
                [self.claim(declared=["refuted"], explanation="holds: css = 0.960 | <b>*up*</b>")],
                kind="control",
            ),
            self.model(
                "my-model",
                [
                    self.claim("scrambled_control", "undecided", metrics={"scr_decoy": scr}),
                    self.claim("natural_motif", "error", n=0, p=None),
                ],
            ),
        )


@pytest.fixture(scope="session")
def make():
    return Make()
