"""A leaderboard in the form that was asked for."""

from pathlib import Path
from typing import Literal

from mit_harness.errors import InputError
from mit_harness.report.leaderboard.board import Board

Form = Literal["md", "html", "csv", "tex", "model-index"]

_SUFFIXES: dict[str, Form] = {
    ".md": "md",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".tex": "tex",
    ".yaml": "model-index",
    ".yml": "model-index",
    "": "md",
}


def form_of(out: Path | None, form: Form | None = None, model_index: str | None = None) -> Form:
    """Return the form to write: the one named, else what the file's suffix tells, else markdown.

    Raises
    ------
    InputError
        If the suffix tells none, or another form than model-index goes with a model's name.
    """
    if model_index is not None:
        if form not in (None, "model-index"):
            raise InputError(f"--model-index goes with --format model-index, not {form}")
        return "model-index"
    if form is not None:
        return form
    suffix = out.suffix.lower() if out else ""
    if suffix not in _SUFFIXES:
        raise InputError(
            f"{out}: no leaderboard is written as {suffix}; name one with --format: md, html, csv, "
            "tex, model-index"
        )
    return _SUFFIXES[suffix]


def written(board: Board, form: Form, model: str | None = None) -> str:
    """Return a leaderboard as text.

    Parameters
    ----------
    board
        What it shows.
    form
        How.
    model
        Whose model card, for a model-index; None: the only model from Hugging Face.
    """
    if form == "html":
        from mit_harness.report.leaderboard.as_html import to_html

        return to_html(board)
    if form == "csv":
        from mit_harness.report.leaderboard.as_csv import to_csv

        return to_csv(board)
    if form == "tex":
        from mit_harness.report.leaderboard.as_latex import to_latex

        return to_latex(board)
    if form == "model-index":
        from mit_harness.report.leaderboard.model_index import to_model_index

        return to_model_index(board, model)
    from mit_harness.report.leaderboard.as_markdown import board_markdown

    return board_markdown(board)
