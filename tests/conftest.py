"""What every test of the harness gets: a store and a report folder of its own, never the user's."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

try:
    from hypothesis import settings
except ModuleNotFoundError:
    pass  # pytest reads this file too for `--pyargs mit_harness.evals` in a clone
else:
    # The same command runs the same tests: MIT_TESTS_EXPLORE=1 looks for new examples instead.
    settings.register_profile("repeatable", derandomize=True, database=None)
    if not os.environ.get("MIT_TESTS_EXPLORE"):
        settings.load_profile("repeatable")


_THEIRS = ("SOURCE_DATE_EPOCH", "PYTEST_ADDOPTS", "GITHUB_STEP_SUMMARY")


@pytest.fixture(scope="session", autouse=True)
def _own_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings, score store and reports out of the tests, and the tests of them."""
    folder = tmp_path_factory.mktemp("mit-harness")
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("MIT_HARNESS_") or name in _THEIRS:
                patch.delenv(name)
        patch.setenv("MIT_HARNESS_STORE", str(folder / "scores.sqlite"))
        patch.setenv("MIT_HARNESS_REPORT", str(folder / "report"))
        # Not the language models of the package, which take minutes; a test names them.
        patch.setenv("MIT_HARNESS_MODEL", "controls")
        yield


class FinishedRuns:
    """Report folders of small finished runs, made without pytest; each is made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[object, Path] = {}

    def __call__(
        self, *specs: str, claims: tuple[str, ...] = ("compensation",), **facts: object
    ) -> Path:
        """Return the folder of a run.

        `specs` are embedded models, or ``name=spec`` for a user's model of that name; `facts` are
        those of the design (``n``, ``seed``) and of the run (``complete``).
        """
        key = (specs, claims, tuple(sorted(facts.items())))
        if key not in self._made:
            self._made[key] = self._folder / f"run-{len(self._made)}"
            write_run(self._made[key], specs, claims, **facts)
        return self._made[key]


def write_run(folder: Path, specs: tuple[str, ...], claims: tuple[str, ...], **facts: Any) -> None:
    """Judge models by claims, and write the report folder."""
    import numpy as np

    from mit_harness.claims.registry import get_claim
    from mit_harness.models.base import Scores
    from mit_harness.models.registry import Registry
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.seeds import Seeds
    from mit_harness.report.build import claim_record, model_records
    from mit_harness.report.folder import ReportFolder
    from mit_harness.report.items import ItemScores
    from mit_harness.report.schema import DesignRecord, Results, RunRecord

    n, seed = facts.get("n", 20), facts.get("seed", 42)
    spec = DesignSpec(n=n, seeds=Seeds(seed))
    designs = {claim_id: get_claim(claim_id).design(spec) for claim_id in claims}
    handles, scores, records = [], {}, {}
    for name in specs:
        alias, _, wanted = name.rpartition("=")
        handle = Registry().resolve(wanted)
        handle = replace(handle, name=alias, kind="user") if alias else handle
        handles.append(handle)
        model = handle.load()
        for claim_id, made in designs.items():
            values = np.asarray(model.score([item.sequence for item in made]), dtype=np.float64)
            counts = np.full(len(values), 100, dtype=np.int64)
            scores.setdefault(handle.name, {})[claim_id] = Scores(values, counts, counts)
            result = get_claim(claim_id).judge(
                ItemScores(designs, scores).scored(handle.name, claim_id),
                protocol="matched",
                seed=seed,
                tolerance=handle.tolerance,
            )
            record = claim_record(result, get_claim(claim_id).threshold, None)
            records.setdefault(handle.name, []).append(record)
    run = RunRecord(
        created="2026-11-21T00:00:00+00:00", duration_s=1.5, harness="0.1.0", python="3.11.7",
        pytest="9.2.0", platform="Linux", complete=facts.get("complete", True), skipped={},
        faults={},
    )  # fmt: skip
    design = DesignRecord(
        protocol="matched", n=n, seed=seed, split="test", break_form=spec.break_form
    )
    written = ReportFolder(folder)
    results = Results(run=run, design=design, models=model_records(handles, records))
    written.write(results, items=ItemScores(designs, scores))
    written.release()


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRuns:
    """Make finished runs: ``finished_run("pa-pwm", "mine=markov", claims=(...), n=20)``."""
    return FinishedRuns(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def promoter_set(tmp_path: Path) -> Callable[[], Path]:
    """Write a small file in the form of RegulonDB's PromoterSet.tsv, of shipped promoters."""

    def made() -> Path:
        from mit_harness.promoter.natural import shipped

        lines = ["# Release: none", "## Columns:", "# (1) pmId. Promoter identifier"]
        lines.append("1)pmId\t2)pmName\t3)strand\t4)posTSS\t5)sigmaFactor\t6)pmSequence\t"
                     "7)pmEvidence\t8)confidenceLevel")  # fmt: skip
        for promoters in shipped().classes.values():
            for k, p in enumerate(promoters[:12]):
                strand = "forward" if p.strand == "+" else "reverse"
                sure = ("Strong", "Confirmed", "Weak", "")[k % 4]
                facts = f"RDB{k}\t{p.name}\t{strand}\t{p.tss}\tsigma70\tacgt\t[E]\t{sure}"
                lines.append(facts)
        file = tmp_path / "PromoterSet.tsv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    return made


def measured_promoters(backgrounds: int = 8, boxes: int = 5) -> Iterator[tuple[Any, str]]:
    """Return promoters of a small factorial, with the numbers of their elements."""
    from mit_harness.measured.urtecho import elements

    made = elements()
    for b, parts in enumerate(list(made.background.values())[:backgrounds]):
        for u, up in enumerate((parts["no_up"], *made.up.values())):
            for k35, m35 in enumerate(list(made.minus35.values())[:boxes]):
                for ks, spacer in enumerate(list(made.spacer.values())[:2]):
                    for k10, m10 in enumerate(list(made.minus10.values())[:boxes]):
                        text = parts["upstream"] + up + parts["between"]
                        text += m35 + spacer + m10 + parts["downstream"]
                        yield (u, k35, ks, k10, b), text


def measured_tables(seed: int = 0, n: int = 30) -> dict[str, list[list[Any]]]:
    """Return a small workbook as sheets of rows; activity follows the elements."""
    import numpy as np

    from mit_harness.measured.lafleur import SHEETS

    rng = np.random.default_rng(seed)
    found: dict[str, list[list[Any]]] = {}
    for sheet in SHEETS:
        if sheet.name == "urtecho":
            made = list(measured_promoters())
            made = [made[k] for k in rng.permutation(len(made))]
            steps = [e[1] + e[3] for e, _ in made]  # an UP element helps weak boxes most
            helped = [0.4 * (e[0] > 0) * (k - 3.3) for (e, _), k in zip(made, steps, strict=True)]
            strong = [2.0 - 0.35 * k + h for k, h in zip(steps, helped, strict=True)]
            values = np.exp(np.array(strong) - 1 + rng.normal(0, 0.1, len(made)))
            rows = [
                [t, float(v), float(-np.log(v))] for (_, t), v in zip(made, values, strict=True)
            ]
            found[sheet.title] = [["Promoter", "Activity", "Observed log(TX/Txref)"], *rows]
        else:
            size = {"lafleur": 73, "hossain": 78, "n36": 116}.get(sheet.name, 139)
            rows = [
                [float(rng.normal()), "".join(rng.choice(list("acgt"), size))] for _ in range(n)
            ]
            found[sheet.title] = [["Observed log(TX/Txref)", "Promoter"], *rows]
    return found


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write sheets of rows as a bare xlsx archive: what a reader needs and nothing else."""
    import zipfile
    from xml.sax.saxutils import escape, quoteattr

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value!r}</v></c>"

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = list(sheets)
    head = '<?xml version="1.0"?>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{head}<Types xmlns="{package}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r0" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        links = "".join(
            f'<sheet name={quoteattr(n)} sheetId="{k}" r:id="r{k}"/>'
            for k, n in enumerate(names, start=1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'{head}<workbook xmlns="{main}" xmlns:r="{office}">'
            f"<sheets>{links}</sheets></workbook>",
        )
        targets = "".join(
            f'<Relationship Id="r{k}" Type="{office}/worksheet" Target="worksheets/s{k}.xml"/>'
            for k in range(1, len(names) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{head}<Relationships xmlns="{package}/relationships">{targets}</Relationships>',
        )
        for k, name in enumerate(names, start=1):
            rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in sheets[name])
            archive.writestr(
                f"xl/worksheets/s{k}.xml",
                f'{head}<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return path


class Workbooks:
    """Small workbooks of measured promoters, in the form of the published one."""

    tables = staticmethod(measured_tables)
    write = staticmethod(write_workbook)
    promoters = staticmethod(measured_promoters)

    def __init__(self, folder: Path) -> None:
        self.small = write_workbook(folder / "small.xlsx", measured_tables())


SHARED = Path(__file__).resolve().parents[2] / "shared/data/measured"


@pytest.fixture(scope="session")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> Workbooks:
    """Small measured workbooks: one, and the means to write others."""
    return Workbooks(tmp_path_factory.mktemp("measured"))


@pytest.fixture(scope="session")
def published_workbook() -> Path:
    """The published workbook; skips where it does not lie in ../shared."""
    path = SHARED / "41467_2022_32829_MOESM6_ESM.xlsx"
    if not path.exists():
        pytest.skip("the published workbook is not in ../shared/data/measured")
    return path
