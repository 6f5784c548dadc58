"""The leaderboard as HTML, CSV and LaTeX: names stay text, and the tables stay tables."""

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mit_harness.report import published
from mit_harness.report.leaderboard.as_csv import to_csv
from mit_harness.report.leaderboard.as_html import to_html
from mit_harness.report.leaderboard.as_latex import latex, to_latex
from mit_harness.report.leaderboard.as_markdown import board_markdown
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.schema import NoiseRecord

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    'a","b\r\nc',
    "<script>alert(1)</script>",
    "</td></tr></table><img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\\input{/etc/passwd} \\write18{ls}",
    "[2pt]*\\\\ & # $ % _ { } ~ ^ | -- ``''",
    "\x1b[31mred\x07\u202eright to left",
    "é 模型 ∞ …",
    "x" * 200,
    "x_" * 100,
]


def board(make, names, **facts):
    """A board of models that each hold one claim and drift on another."""
    scr = {"scr_decoy": make.metric(0.6, 0.495, 0.69)}
    claims = [
        make.claim(metrics={"css": make.metric(), "mes_synthetic": make.metric(float("-inf"))}),
        make.claim("scrambled_control", "refuted", metrics=scr, declared=["holds"]),
    ]
    given = {"revision": "0123456789abcdef" * 2, "spec": "hf:o/n?dtype=bfloat16", **facts}
    models = [make.model(name, claims, **given) for name in names]
    run = make.results(*models).run
    return Board(make.design(), models, {model.name: (run,) for model in models}, harness="0.1.0")


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Page(HTMLParser):
    """What a page holds: tags, the text of cells, and whatever could load something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.loads, self.cells = [], [], []
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._cell = tag in ("th", "td") or (self._cell and tag in ("button", "span"))
        if tag in ("th", "td"):
            self.cells.append("")
        self.loads += [
            f"{tag} {key}" for key, _ in attrs if key in ("src", "href") or key.startswith("on")
        ]

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self._cell = False

    def handle_data(self, data):
        if self._cell:
            self.cells[-1] += data


def shown(name):
    return name.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\t", "\\t")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_text_in_html(make, name):
    page = Page(to_html(board(make, [name])))
    plain = Page(to_html(board(make, ["good"])))
    assert page.tags == plain.tags
    assert page.loads == []
    expected = shown(name).replace("\r\n", "\\r\\n").replace("\u202e", "\\u202e")
    assert expected in page.cells


def test_the_page_loads_nothing_and_says_so(make):
    text = to_html(board(make, ["a"]))
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|url\(|@import|fetch|XMLHttp|<link|<iframe", text)


def test_every_heading_sorts_by_a_button_and_every_row_has_a_heading(make):
    page = Page(to_html(board(make, ["a", "b"])))
    assert page.tags.count("button") > 20
    text = to_html(board(make, ["a", "b"]))
    assert text.count('<th scope="row"') == 2 * 3 + len(published.ROWS)
    assert text.count('<th scope="col"') == page.tags.count("button")
    assert '<html lang="en">' in text
    assert 'data-sort="0.60"' in text
    assert 'data-sort="-Infinity"' in text


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_a_formula_in_csv(make, name):
    (row, *_) = rows(to_csv(board(make, [name], spec=name, revision=name)))
    for column in ("model", "spec", "revision"):
        assert not row[column].lstrip().startswith(tuple("=+-@\t\r"))
        assert row[column].isprintable()
        assert row[column].removeprefix("'").startswith(shown(name)[:1])


def test_csv_has_whole_numbers_and_revisions_and_the_papers_rows_last(make):
    noise = NoiseRecord(nats=0.0123456, n=32, parts={})
    found = rows(to_csv(board(make, ["a"], noise=noise)))
    assert found[0]["source"] == "run"
    assert found[0]["revision"] == "0123456789abcdef" * 2
    assert found[0]["dtype"] == "bfloat16"
    assert found[0]["noise_floor"] == "0.0123456"
    assert found[0]["date"] == "2026-11-21"
    assert found[0]["scr_decoy_ci_low"] == "0.495"
    assert found[0]["mes_synthetic"] == "'-Infinity"
    assert found[0]["verdict:scrambled_control"] == "refuted !"
    assert found[0]["version:compensation"] == "1"
    assert {row["source"] for row in found[1:]} == {published.SOURCE}
    assert [row["model"] for row in found[1:]] == [row.model for row in published.ROWS]
    assert found[1]["css"] == "0.63"
    assert found[1]["revision"] == ""


def tabulars(text):
    return re.findall(r"\\begin\{tabular\}\{(.*?)\}\n(.*?)\\end\{tabular\}", text, re.S)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_keeps_latex_tables_whole(make, name):
    found, plain = (tabulars(to_latex(board(make, [n]))) for n in (name, "good"))
    assert len(found) == len(plain)
    for (_, body), (columns, twin) in zip(found, plain, strict=True):
        lines = body.splitlines()
        assert len(lines) == len(twin.splitlines())
        for line in lines:
            if line.endswith(r"\\"):
                assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
                assert not line.startswith(("[", "*"))
        text = re.sub(r"\\[&#$%_{}]", "", body)
        assert not re.search("[#%^~]", text)
        assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= {
            *("toprule", "midrule", "bottomrule", "rotatebox", "allowbreak", "infty", "dots"),
            *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater"),
            *("textbar", "char", "textendash", "textemdash"),
        }


def test_latex_escapes_what_it_would_take_for_commands():
    assert latex("a_b & 50% #1 $x$ {y} \\z") == (r"a\_b \& 50\% \#1 \$x\$ \{y\} \textbackslash{}z")
    assert latex("---") == "-{}-{}-"
    assert latex("é模") == "éU+6A21"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(make, tmp_path: Path):
    text = to_latex(board(make, HOSTILE)) + to_latex(Board(make.design(), [], {}))
    document = f"\\usepackage{{booktabs,graphicx}}\\begin{{document}}{text}\\end{{document}}"
    (tmp_path / "board.tex").write_text("\\documentclass{article}" + document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "board"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if b"booktabs.sty' not found" in done.stdout:
        pytest.skip("needs booktabs")
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert b"Overfull \\hbox" not in done.stdout


@pytest.mark.parametrize("form", [to_html, to_csv, to_latex, board_markdown])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_any_number_of_models_makes_a_leaderboard(make, form, count):
    names = [f"model-{k:02d}-end" for k in range(count)]
    text = form(board(make, names))
    for name in names:
        assert name in text
    assert "HyenaDNA" in text
    assert form(board(make, names)) == text


def test_rows_of_markdown_keep_where_they_come_from(make):
    made = board(make, ["a|b"])
    text = board_markdown(made)
    (row,) = [line for line in text.splitlines() if "0123456789ab" in line]
    assert [cell.strip() for cell in re.split(r"(?<!\\)\|", row)] == [
        *("", "a\\|b", "0123456789ab", "bfloat16", "\N{EN DASH}", "2026-11-21", "0.1.0", "")
    ]
    assert "Claim versions: compensation 1, scrambled\\_control 1." in text
    hidden = Board(made.design, made.models, made.runs, ("my_claim",), ("broken",))
    assert "Claims left out: my\\_claim; a project's own" in board_markdown(hidden)
    assert "Models left out: broken; no claim" in board_markdown(hidden)
    for form in (to_html, to_latex):
        assert "Claims left out" in form(hidden)


@pytest.mark.parametrize("form", [to_html, to_csv, to_latex, board_markdown])
def test_what_is_judged_on_measured_promoters_is_shown_with_its_interval(make, form):
    metrics = {
        "rescue_auroc": make.metric(0.56, low=0.53, high=0.59),
        "partial_urtecho": make.metric(0.38, low=0.33, high=0.43),
    }
    claims = [make.claim("measured_rescue", "absent", metrics=metrics)]
    made = board(make, ["m"])
    found = form(replace(made, models=[make.model("m", claims)]))
    assert "0.56" in found
    assert ("rescue_auroc" if form is to_csv else "rescue AUROC") in found
    without = form(board(make, ["m"]))
    assert "rescue" not in without
