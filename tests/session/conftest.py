"""A project with evals of its own, run by pytest in a process of its own."""

import json
import random
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import mit_harness

# Imported before any test: pytester takes out again what a run in this process imports, and neither
# numpy nor a claim's class can do with being imported twice.
for name in ("altair", "scipy.stats", "statsmodels.stats.multitest", "vl_convert"):
    import_module(name)
for _, name, _ in walk_packages(mit_harness.__path__, "mit_harness."):
    if "evals" not in name and ".neural." not in name:
        import_module(name)

DRAWN = lru_cache(import_module("mit_harness.report.audit").audit_svg)

TOYS = '''
"""Models whose right answer is known; each says when it is loaded."""

import os
import pathlib

LOADS = pathlib.Path(__file__).with_name("loads.txt")


def _model(name, score):
    with LOADS.open("a") as file:
        file.write(name + "\\n")
    return score


def at(**options):
    """Counts A and T: E beats D."""
    return _model("at", lambda sequences: [s.count("A") + s.count("T") for s in sequences])


def gc():
    """Counts G and C: D beats E."""
    return _model("gc", lambda sequences: [s.count("G") + s.count("C") for s in sequences])


def unstated():
    """Has no fingerprint."""
    return at()


def missing_file():
    raise OSError("no weights \\x1b[31mred\\x1b[0m\\nsecond line <b>|")


def nan():
    return lambda sequences: [float("nan")] * len(sequences)


def infinite():
    return lambda sequences: [float("inf")] * len(sequences)


def killer():
    """Ends its process as an out-of-memory kill does."""
    return lambda sequences: os.kill(os.getpid(), 9)


def killer_on_second_call():
    calls = []

    def score(sequences):
        calls.append(len(sequences))
        return [0.5] * len(sequences) if len(calls) == 1 else os.kill(os.getpid(), 9)

    return score


def interrupted():
    def score(sequences):
        raise KeyboardInterrupt

    return score


for toy in (at, gc, missing_file, nan, infinite, killer, killer_on_second_call, interrupted):
    toy.fingerprint = toy.__name__ + "-1"
'''

CLAIMS = '''
"""Claims of one's own, judged without scipy so that these tests are quick."""

from mit_harness.claims.base import Claim, ClaimResult
from mit_harness.stats.metric import undefined
from mit_harness.stats.verdict import Verdict


class First(Claim):
    id = "first"
    title = "E beats D"
    compares = "E with D"
    meaning = {}

    def pairs(self, protocol):
        return (("E", "D"),)

    def measure(self, scored, stats):
        raise NotImplementedError

    def judge(self, scored, *, protocol, seed, tolerance):
        if fault := scored.not_finite():
            return self.failed(fault)
        d, e = scored.matched("D", "E")
        verdict = Verdict.HOLDS if (e > d).mean() > 0.5 else Verdict.REFUTED
        metric = undefined(self.id + "_wins", len(d), "proportion", "a toy")
        return ClaimResult(self.id, 1, verdict, len(d), (), (metric,), f"{verdict}: a toy")


class Second(First):
    id = "second"


class Third(First):
    id = "third"
'''

EVALS = """
import pytest

import toy_claims


@pytest.mark.mit_claim(toy_claims.First())
def test_first(mit_verdict):
    mit_verdict()


@pytest.mark.mit_claim(toy_claims.Second())
def test_second(mit_verdict):
    mit_verdict()


@pytest.mark.mit_claim(toy_claims.Third())
def test_third(mit_verdict):
    mit_verdict()
"""

SHIPPED = """
import pytest


@pytest.mark.mit_claim("{0}")
def test_{0}(mit_verdict):
    mit_verdict()
"""


class Project:
    """A folder with evals, models and claims, and what a run left in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.report = self.path / "report"
        self.store = self.path / "scores.sqlite"

    def write(self, **files: str) -> None:
        """Write Python files by module name."""
        self.pytester.makepyfile(**files)

    def toys(self) -> "Project":
        """Write three evals of toy claims."""
        self.write(toys=TOYS, toy_claims=CLAIMS, test_toy=EVALS)
        return self

    def shipped(self, *claims: str) -> "Project":
        """Write evals of shipped claims."""
        self.write(toys=TOYS, **{f"test_{c}": SHIPPED.format(c) for c in claims})
        return self

    def run(
        self, *args: object, models: Iterable[str] = (), apart: bool = False
    ) -> pytest.RunResult:
        """Run pytest; models are toys by name, or specs.

        It runs in this process, which is quicker, unless `apart` is asked for; workers are always
        processes of their own. More than a minute in a process of its own is a failure.
        """
        words = self._words(args, models)
        if apart:
            return self.pytester.runpytest_subprocess(*words, timeout=60)
        return self.pytester.runpytest_inprocess(*words)

    @staticmethod
    def _words(args: Iterable[object], models: Iterable[str]) -> list[object]:
        specs = [f"py:toys:{m}" if f"def {m}(" in TOYS else m for m in models]
        chosen = [word for spec in specs for word in ("--mit-model", spec)]
        others = ("cacheprovider", "hypothesispytest", "syrupy")
        return [*(word for name in others for word in ("-p", f"no:{name}")), *chosen, *args]

    @property
    def loads(self) -> list[str]:
        """Which toy models were loaded, sorted, each time it happened."""
        file = self.path / "loads.txt"
        return sorted(file.read_text().split()) if file.exists() else []

    def results_text(self) -> str:
        """results.json as it stands."""
        return (self.report / "results.json").read_text()

    def results(self) -> dict[str, Any]:
        """results.json, which must be strict JSON."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is not JSON")

        found: dict[str, Any] = json.loads(self.results_text(), parse_constant=refuse)
        return found

    def verdicts(self) -> dict[str, dict[str, str]]:
        """Verdicts in results.json by model and claim."""
        return {
            model["name"]: {claim["id"]: claim["verdict"] for claim in model["claims"]}
            for model in self.results()["models"]
        }

    def stored(self) -> dict[str, int]:
        """Number of stored scores by model name."""
        with sqlite3.connect(self.store) as db:
            query = "SELECT name, count(*) FROM scorer JOIN score ON scorer = id GROUP BY name"
            found = dict(db.execute(query))
        db.close()
        return found

    @staticmethod
    def said(result: pytest.RunResult, *sentences: str) -> None:
        """Check that a run said each of these, and showed nobody a traceback."""
        text = result.stdout.str() + result.stderr.str()
        for sentence in sentences:
            assert sentence in text
        assert "Traceback" not in text
        assert "INTERNALERROR" not in text

    def suite(self, name: str, groups: str, rows: int = 8) -> Path:
        """Write a suite file that holds the one-letter classes named."""
        bases = random.Random(1)
        lines = ["id\tclass\tindex\tsequence"]
        for group, row in product(groups, range(rows)):
            sequence = "".join(bases.choices("ACGT", k=100))
            lines.append(f"{group}_{row}\t{group}\t{row}\t{sequence}")
        file = self.path / name
        file.write_text("\n".join(lines) + "\n")
        return file

    def files(self) -> set[str]:
        """Every file below the project's folder, but for Python's and pytester's own."""
        paths = (p for p in self.path.rglob("*") if p.is_file() and p.suffix != ".pyc")
        return {str(p.relative_to(self.path)) for p in paths} - {"stdout", "stderr"}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose runs are small, quick and keep to its own folder."""
    made = Project(pytester)
    monkeypatch.setenv("MIT_HARNESS_STORE", str(made.store))
    monkeypatch.setenv("MIT_HARNESS_REPORT", str(made.report))
    monkeypatch.setenv("MIT_HARNESS_N", "12")
    # Most of these runs have the same few pairs; to draw each again would take a second.
    monkeypatch.setattr("mit_harness.report.audit.audit_svg", DRAWN)
    # Rewritten modules would otherwise be compiled again in every process.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    return made
