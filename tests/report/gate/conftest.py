"""Small finished runs, scored in this process, and gates to hold them against."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.models.base import Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.folder import RESULTS, ReportFolder, sealed, to_json
from mit_harness.report.gate.decision import decide
from mit_harness.report.gate.schema import Gate, GateFile
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import NoiseRecord, Results

CLAIMS = ("compensation", "scrambled_control", "motif_effect")
N = 20


@cache
def design(claim_id, n, seed=42):
    from mit_harness.promoter.seeds import Seeds

    return get_claim(claim_id).design(DesignSpec(n=n, seeds=Seeds(seed)))


@cache
def raw(model, claim_id, n, seed):
    """Scores of an embedded model, whatever it is called in a run."""
    sequences = [item.sequence for item in design(claim_id, n, seed)]
    return np.asarray(Registry().resolve(model).load().score(sequences))


class Runs:
    """Writes report folders; a model is a user's one that scores as an embedded one does."""

    def __init__(self, make):
        self.make = make

    def write(
        self, folder, models, *, claims=CLAIMS, n=N, seed=42, noise=None, wobble=0.0, controls=(),
        change=None, **run,
    ):  # fmt: skip
        """Write a run; `models` and `controls` are name -> embedded model that scores in its place.

        `wobble` is the SD of what is added to a user's scores; `change` gets the list of records.
        """
        scores, records, handles = {}, {}, []
        for name, source in {**models, **dict(controls)}.items():
            handle = Registry().resolve(name if name in dict(controls) else source)
            if name in models:
                handle = replace(
                    handle, name=name, spec=f"py:toys:{name}", kind="user", fingerprint="1"
                )
            handles.append(handle)
            for claim_id in claims:
                values = raw(source, claim_id, n, seed)
                if name in models and wobble:
                    rng = np.random.default_rng(5)
                    values = values + rng.normal(0, wobble, len(values))
                counts = np.full(len(values), 100, dtype=np.int64)
                scores.setdefault(name, {})[claim_id] = Scores(values, counts, counts)
        designs = {claim_id: design(claim_id, n, seed) for claim_id in claims}
        items = ItemScores(designs, scores)
        for handle in handles:
            for claim_id in claims:
                claim = get_claim(claim_id)
                result = claim.judge(
                    items.scored(handle.name, claim_id),
                    protocol="matched",
                    seed=seed,
                    tolerance=handle.tolerance,
                )
                record = claim_record(result, claim.threshold, None)
                records.setdefault(handle.name, []).append(record)
        noises = {
            name: NoiseRecord(nats=noise, n=32, parts={"batch": noise, "dtype": None})
            for name in models
        }
        made = model_records(handles, records, None if noise is None else noises)
        run = {"created": "2026-11-20T00:00:00+00:00", **run}
        results = self.make.results(*made, design=self.make.design(n=n, seed=seed), **run)
        written = ReportFolder(folder)
        written.write(results, items=items)
        written.release()
        return folder


@pytest.fixture(scope="session")
def runs(make):
    return Runs(make)


@pytest.fixture(scope="session")
def good(runs, tmp_path_factory):
    """A user's model that knows places, and a control."""
    folder = tmp_path_factory.mktemp("good")
    return runs.write(folder, {"mine": "pa-pwm"}, controls={"pwm": "pwm"}, noise=0.0)


@pytest.fixture(scope="session")
def again(good, tmp_path_factory):
    """The good run made an hour earlier, elsewhere: a baseline that is alike."""

    def earlier(content):
        content["run"]["created"] = "2026-11-19T23:00:00+00:00"

    return forge(good, tmp_path_factory.mktemp("again"), earlier)


@pytest.fixture(scope="session")
def poor(runs, tmp_path_factory):
    """A user's model of the same name that only counts A+T."""
    folder = tmp_path_factory.mktemp("poor")
    return runs.write(folder, {"mine": "at-content"}, controls={"pwm": "pwm"}, noise=0.0)


def gate_file(content, baseline=None):
    """A gate without a file."""
    gate = Gate.model_validate({"schema": "mit-harness/gate/1", **content})
    return GateFile(Path("gate.toml"), "0" * 64, gate, baseline)


def ask(run, content, baseline=None, troubles=()):
    """The decision on a run."""
    return decide(gate_file(content, baseline), run, troubles)


def stopped(decision):
    """What keeps a run from promotion: outcome, rule and reason of each check."""
    return [(c.outcome, c.rule, c.reason) for c in decision.checks if c.outcome != "pass"]


def forge(source, folder, change):
    """Copy a run, change its results.json, and give it a checksum that fits."""
    for file in source.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    content = json.loads((folder / RESULTS).read_text())
    change(content)
    forged = sealed(Results.model_validate_json(json.dumps(content)))
    (folder / RESULTS).write_text(to_json(forged))
    return folder


class Help:
    """The functions of this file, for tests."""

    ask = staticmethod(ask)
    stopped = staticmethod(stopped)
    forge = staticmethod(forge)
    gate_file = staticmethod(gate_file)


@pytest.fixture(scope="session")
def gates():
    return Help
