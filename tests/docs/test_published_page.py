"""docs/published.md: its Python blocks print what it says, and its numbers are the files' own."""

import ast
import contextlib
import csv
import io
import json
import re
from collections import Counter
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import correlation, fmean, pstdev, stdev
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "published.md"
RELEASE = ROOT.parent / "shared" / "reference" / "published"
released = pytest.mark.skipif(
    not (RELEASE / "hyenadna_probes.json").is_file(),
    reason="the paper's released sequences, scores and probes do not lie beside this checkout",
)
NOT_RUN = {"make", "slow", "release"}
"""What a Python block may be marked with: it needs more than the three files, or seconds."""


class Block(NamedTuple):
    language: str
    mark: str
    body: str


def blocks_of(text):
    found = re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(language, mark.strip(), body) for language, mark, body in found]


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prose(page):
    """The page without its code, on one line."""
    return " ".join(re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL).split())


@pytest.fixture(scope="module")
def findings(page):
    """Each finding's text by its heading."""
    parts = re.split(r"^#{2,3} (.+)$", page, flags=re.MULTILINE)[1:]
    titles = re.findall(r"^### (.+)$", page, re.MULTILINE)
    return {t: body for t, body in zip(parts[::2], parts[1::2], strict=True) if t in titles}


# Without the released files


def test_every_finding_has_its_words_a_command_and_an_output(findings):
    assert len(findings) > 20
    for title, text in findings.items():
        for word in ("**Said.**", "**Found.**", "**Why it matters.**"):
            assert text.count(word) == 1, (title, word)
        languages = [block.language for block in blocks_of(text)]
        assert {"python", "console"} & set(languages), title
        assert "text" in languages, title


def test_every_output_stands_below_a_command(page):
    blocks = blocks_of(page)
    assert {block.language for block in blocks} == {"python", "console", "text"}
    for above, block in pairwise(blocks):
        assert block.language != "text" or above.language in ("python", "console"), block.body


def test_the_python_blocks_are_python_and_short(page):
    for block in blocks_of(page):
        if block.language == "python":
            ast.parse(block.body)
            assert block.mark in {"", *NOT_RUN}
            assert len(block.body.splitlines()) <= 20


def test_the_page_names_no_folder_of_this_machine(page):
    assert not re.search(r"/(work|tmp|home|root)/|\.\./shared", page)


def test_every_link_to_a_file_leads_to_one(page):
    links = re.findall(r"\]\(([^)#]+)", page)
    assert links
    for link in links:
        assert (PAGE.parent / link).is_file(), link


def test_the_lines_outside_tables_and_outputs_are_short(page):
    kept = re.sub(r"^```text\n.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    assert [line for line in kept.splitlines() if len(line) > 100] == []


# With them


@released
def test_the_python_blocks_print_what_stands_below_them(page, monkeypatch):
    monkeypatch.setenv("PUBLISHED", str(RELEASE))
    namespace, outputs = {}, 0
    for block, below in pairwise([*blocks_of(page), Block("", "", "")]):
        if block.language != "python" or block.mark:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block.body, namespace)
        if printed.getvalue():
            assert below.language == "text"
            assert printed.getvalue() == below.body, block.body
            outputs += 1
    assert outputs > 20


@pytest.fixture(scope="module")
def sequences():
    by_class = {}
    with (RELEASE / "sequences.tsv").open(newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            by_class.setdefault(row["class"], []).append(row["sequence"])
    return by_class


@pytest.fixture(scope="module")
def scores():
    """Released scores by column and class."""
    found = {}
    with (RELEASE / "scores.tsv").open(newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            name = row.pop("id")
            for column, value in row.items():
                found.setdefault(column, {}).setdefault(name[0], []).append(float(value))
    return found


@pytest.fixture(scope="module")
def probes():
    return json.loads((RELEASE / "hyenadna_probes.json").read_text())


def unlike(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


def at(text):
    return sum(base in "AT" for base in text)


def share(a, b):
    """How often the first wins; pairs by index, ties lose."""
    return fmean(x > y for x, y in zip(a, b, strict=False))


def cohens_d(a, b):
    return (fmean(a) - fmean(b)) / sqrt((stdev(a) ** 2 + stdev(b) ** 2) / 2)


@released
def test_the_pairs_are_as_unlike_as_the_page_says(sequences, prose):
    d, e, h = (sequences[name] for name in "DEH")
    apart = [unlike(x, y) for x, y in zip(d, e, strict=True)]
    same = sum(Counter(x) == Counter(y) for x, y in zip(e, h, strict=False))
    as_rich = sum(at(x) == at(y) for x, y in zip(e, h, strict=False))
    assert f"D_000 and E_000 differ at {apart[0]} of 100 bases" in prose
    assert f"no pair of D and E at fewer than {min(apart)}" in prose
    assert f"In {same} of 50 pairs H_i has E_i's base composition" in prose
    assert f"in {as_rich} of 50 it has the same number of A+T" in prose
    assert len({s for group in sequences.values() for s in group}) == 650


@released
def test_h_keeps_what_the_page_says(sequences, prose):
    up = [re.fullmatch("A{6}[AG].[AG]", s[15:24]) is not None for s in sequences["H"]]
    tgt = [s[50:53] == "TGT" for s in sequences["H"]]
    assert f"{sum(tgt)} of 50 still read TGT at [50,53)" in prose
    assert f"{sum(up)} of 50 still match AAAAAARNR at [15,24)" in prose
    assert f"{sum(u and t for u, t in zip(up, tgt, strict=True))} has both" in prose
    assert not any(re.fullmatch("A{6}[AG].[AG]", s[40:49]) for s in sequences["H"])
    rich = fmean(at(s[15:24]) for s in sequences["E"]) / 9
    assert f"The UP elements hold {rich:.0%} A+T" in prose.replace(" %", "%")


@released
def test_the_natural_classes_are_what_the_page_says(sequences, prose):
    a, b = sequences["A"], sequences["B"]
    boxes = [unlike(s[53:59], "TATAAT") for s in a]
    tgt, up = [s[50:53] == "TGT" for s in a], [s[15:20] == "AAAAA" for s in a]
    either = sum(t or u for t, u in zip(tgt, up, strict=True))
    assert f"{boxes.count(0)} of 100 A have TATAAT" in prose
    assert f"{sum(n >= 2 for n in boxes)} have two mismatches or more" in prose
    assert f"{sum(tgt)} A carry TGT at [50,53), {sum(up)} an UP element, {either} either" in prose
    breaks = Counter(x[54] + ">" + y[54] for x, y in zip(a, b, strict=True))
    assert f"A>C in {breaks['A>C']}, T>G in {breaks['T>G']}" in prose
    near = sum(unlike(s[53:59], "TATAAT") == 1 for s in b)
    assert f"{near} of 100 B are one mismatch from TATAAT" in prose
    assert len({(s[30:36], s[53:59]) for s in a}) == 20


@released
def test_f_and_d_are_what_the_page_says(sequences, prose):
    boxes = Counter(s[30:36] for s in sequences["F"])
    assert (
        f"TTGACA in {boxes['TTGACA']} of 50, TTGACT in {boxes['TTGACT']}, "
        f"TTGATA in {boxes['TTGATA']}"
    ) in prose
    carry = sum(s[50:52] == "TG" for s in sequences["D"])
    whole = sum(s[50:53] == "TGT" for s in sequences["D"])
    assert f"{carry} of 100 D carry TGn before the box by chance, {whole} of them TGT" in prose
    more = sum(at(e) > at(d) for e, d in zip(sequences["E"], sequences["D"], strict=True))
    assert f"E_i has more A+T than D_i in only {more} of 100 pairs" in prose


@released
def test_the_table_of_css_scr_and_mes_is_the_scores(scores, findings):
    table = blocks_of(findings["The printed CSS, SCR and MES"])[-1].body.splitlines()[1:]
    assert {line.split()[0] for line in table} == set(scores)
    for line in table:
        name, css, _, scr, _, mes = line.split()
        of = scores[name]
        assert css == f"{share(of['E'], of['D']):.2f}", name
        assert scr == f"{share(of['E'], of['H']):.2f}", name
        if mes == "∞":
            assert max(stdev(of["C"]), stdev(of["D"])) < 1e-9
        else:
            assert mes == f"{cohens_d(of['C'], of['D']):.2f}", name


@released
def test_the_class_means_are_the_scores(scores, prose):
    means = {name: fmean(values) for name, values in scores["hyenadna"].items()}
    assert f"{means['E'] - means['H']:.2f}" == "0.07"
    assert "By the printed means E lies 0.61 above H, by the released scores 0.07" in prose
    printed = {  # mean and SD
        "MES_nat": ((-141.79, 4.82), (-142.52, 5.21)),
        "MES_syn": ((-143.08, 4.15), (-141.28, 4.33)),
    }
    for name, ((m, s), (n, t)) in printed.items():
        assert f"{name} {(m - n) / sqrt((s**2 + t**2) / 2):+.2f}" in prose
    gains = [e - d for e, d in zip(*(scores["hyenadna"][x] for x in "ED"), strict=True)]
    assert f"SD of {stdev(gains):.1f} nats around a mean of {fmean(gains):.1f}" in prose


@released
def test_the_two_kinds_of_r_are_the_probes(probes, prose):
    cells = [
        (int(level), cell)
        for level, kinds in probes["at_titration"].items()
        if level != "correlation"
        for cell in kinds.values()
    ]
    single = [(level, value) for level, cell in cells for value in cell["values"]]
    r = correlation(*zip(*single, strict=True))
    of_means = correlation([x for x, _ in cells], [fmean(cell["values"]) for _, cell in cells])
    assert f"{r:.3f} is over {len(single)} single sequences" in prose
    assert f"On {len(cells)} condition means" in prose
    assert f"HyenaDNA has {of_means:.3f}" in prose


@released
def test_the_differences_of_the_probes_are_the_probes(probes, prose):
    place = {name: fmean(cell["values"]) for name, cell in probes["up_position"].items()}
    kept = place["15"] - place["70"]
    lost = place["15"] - place["none"]
    assert f"Removing UP costs {lost:.2f}, misplacing it {kept:.2f}" in prose
    at_levels = probes["at_titration"]
    rise = fmean(at_levels["80"]["intact"]["values"]) - fmean(at_levels["30"]["intact"]["values"])
    gives = f"the change of the intact sequences, {rise:.1f}, gives {rise / kept:.1f}"
    assert gives in prose
    spacing = {name: fmean(cell["values"]) for name, cell in probes["spacing"].items()}
    assert max(spacing, key=spacing.get) == "14"
    assert f"The range is {max(spacing.values()) - min(spacing.values()):.2f}" in prose
    strand = probes["strand"]
    wins = share(strand["forward"]["values"], strand["reverse_in_place"]["values"]) * 50
    assert f"{wins:.0f} of 50 is p = 0.48" in prose
    for cell in strand.values():
        assert pstdev(cell["values"]) == pytest.approx(cell["std"])  # "of the other kind (n)"
