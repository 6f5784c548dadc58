"""One rule's outcome, with the numbers that it rests on."""

import math
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "block", "could not judge"]


@dataclass(frozen=True)
class Check:
    """What one rule says.

    Attributes
    ----------
    outcome
        ``could not judge`` where the basis is missing or cannot be trusted.
    rule
        Its key in gate.toml, or ``run``, ``control``, ``baseline``, ``noise_floor``, ``models``.
    reason
        One line, with the numbers.
    model, claim, metric
        What it is about; empty where it is about the whole run.
    """

    outcome: Outcome
    rule: str
    reason: str
    model: str = ""
    claim: str = ""
    metric: str = ""

    @property
    def about(self) -> str:
        """Model, claim and metric in a row."""
        return " ".join(filter(None, (self.model, self.claim, self.metric)))


def finite(*values: float | None) -> bool:
    """Tell whether every value is there and a finite number."""
    return all(value is not None and math.isfinite(value) for value in values)


def digits(value: float, beside: float | None = None) -> str:
    """Return four significant digits; all of them where these would not tell it from `beside`."""
    short = f"{value:.4g}"
    if beside is not None and value != beside and short == f"{beside:.4g}":
        return repr(value)
    return "0" if short == "-0" else short
