r"""The leaderboard as LaTeX: booktabs tables, ready for ``\input``."""

import re
import unicodedata

import pandas as pd

from mit_harness.errors import printable
from mit_harness.report.leaderboard import notes
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.runs import runs_table, versions
from mit_harness.report.leaderboard.table import (
    PROBES,
    WET_LAB,
    describe_design,
    metric_table,
    published_table,
    table,
    verdict_table,
)
from mit_harness.report.text import ABSENT

_PREAMBLE = r"""% Written by mit-harness leaderboard; needs \usepackage{booktabs,graphicx}.
"""

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}",
    "`": r"\char96{}", "'": "{'}",
    "∞": r"$\infty$", "\N{EN DASH}": r"\textendash{}",
    "\N{EM DASH}": r"\textemdash{}", "…": r"\dots{}",
}  # fmt: skip
_LETTERS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ"
"""What pdflatex sets in any font encoding."""

_LONG = 40
"""Characters of a name beyond which it is broken into lines."""

_PROBES = 4
"""Columns of probes that fit beside each other."""

_FITTED = r"\resizebox{\ifdim\width>\textwidth \textwidth\else \width\fi}{!}{%"

_VERDICTS = {
    "holds": "H",
    "refuted": "R",
    "absent": "A",
    "undecided": "U",
    "error": "E",
}


def to_latex(board: Board) -> str:
    """Return the leaderboard as LaTeX tables that need booktabs and graphicx.

    Whatever stands in a name is text in it: specials are escaped, a letter that a plain pdflatex
    cannot set is written by its code point.
    """
    models, design = board.models, board.design
    said = f"mit-harness {board.harness}; {describe_design(design)}. {notes.of_protocol(design)}"
    parts = [_float("leaderboard", table(models), said)]
    verdicts = verdict_table(models, drifted="!")
    if len(verdicts):
        parts.append(_float("verdicts", _letters(verdicts), _legend(), turned=True))
    parts += _wide("probes", metric_table(models, PROBES), notes.PROBES)
    parts += _wide("measured promoters", metric_table(models, WET_LAB), notes.WET_LAB)
    runs = " ".join([notes.RUNS, versions(board), *notes.left_out(board)])
    parts.append(_float("runs", runs_table(board), runs))
    parts.append(_float("published", published_table(), notes.of_published_rows(design)))
    return _PREAMBLE + "\n".join(part for part in parts if part)


def _wide(title: str, frame: pd.DataFrame, note: str) -> list[str]:
    """Return a table of many columns as floats of a few each."""
    parts = []
    for k, at in enumerate(range(1, len(frame.columns), _PROBES), 1):
        some = frame.iloc[:, [0, *range(at, min(at + _PROBES, len(frame.columns)))]]
        said = note if k == 1 else f"{title.capitalize()}, continued."
        parts.append(_float(f"{title.split()[0]}-{k}", some, said))
    return parts


def latex(text: str) -> str:
    """Return `text` so that LaTeX sets it as it is."""
    return re.sub("-(?=-)", "-{}", "".join(map(_set, printable(text))))  # two would be a dash


def _set(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii() or character in _LETTERS:
        return character
    return f"U+{ord(character):04X}"


def _name(text: str) -> str:
    """Return a name; a long one can be broken after every tenth character."""
    text = unicodedata.normalize("NFC", printable(text))
    width = 10 if len(text) > _LONG else _LONG
    pieces = [latex(text[at : at + width]) for at in range(0, len(text), width)]
    # After the end of a row, [ and * would be taken for arguments of that end.
    return ("{}" if text.startswith(("[", "*")) else "") + r"\allowbreak{}".join(pieces)


def _cell(text: str) -> str:
    """Return a cell of our own making, its minus signs as such."""
    return re.sub(r"(?<!\w)-(?=\d|\$)", "$-$", latex(text)) if text != ABSENT else "--"


def _letters(frame: pd.DataFrame) -> pd.DataFrame:
    """Return verdicts by their first letter; what stands behind them stays."""

    def short(cell: str) -> str:
        word = re.match(r"\w*", cell)
        found = word.group() if word else ""
        return _VERDICTS.get(found, found) + cell[len(found) :]

    columns = [str(name) for name in frame if name != "model"]
    return frame.assign(**{name: frame[name].map(short) for name in columns})


def _legend() -> str:
    letters = ", ".join(f"{letter}: {word}" for word, letter in _VERDICTS.items())
    return (
        f"{letters}. An asterisk: does not survive the correction for multiplicity. An exclamation "
        "mark: a control that drifted. A dash: not asked."
    )


def _float(label: str, frame: pd.DataFrame, caption: str, *, turned: bool = False) -> str:
    """Return a table with caption and label; empty where there is no row."""
    if not len(frame):
        return ""
    names = frame["model"]
    width = "p{5cm}" if names.map(len).max() > _LONG else "l"
    shown = frame.map(_cell).assign(model=names.map(_name))
    shown.columns = pd.Index([_heading(name, turned=turned) for name in frame.columns])
    body = shown.style.hide(axis="index").to_latex(
        hrules=True, column_format=width + "l" * (len(frame.columns) - 1)
    )
    flat = " ".join(caption.replace("`", "").split())
    return (
        "\\begin{table}\n\\centering\n\\small\n\\setlength{\\tabcolsep}{4pt}\n"
        f"\\caption{{{latex(flat)}}}\n\\label{{tab:mit-{label}}}\n\\medskip\n"
        f"{_FITTED}\n{body.rstrip()}}}\n\\end{{table}}\n"
    )


def _heading(name: str, *, turned: bool) -> str:
    text = latex(name)
    return rf"\rotatebox{{90}}{{{text}}}" if turned and name != "model" else text
