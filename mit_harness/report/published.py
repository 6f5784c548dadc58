"""The paper's own rows (arXiv 2604.06549), recomputed from its released per-sequence scores.

Not comparable with ours: unmatched backgrounds, strict ``>``, plain SCR; see docs/methods.md.
"""

from typing import NamedTuple


class PublishedRow(NamedTuple):
    """One model of the paper: CSS, SCR and both MES; None where the spread is zero or not given."""

    model: str
    css: float
    scr: float
    mes_natural: float | None
    mes_synthetic: float | None


SOURCE = "arXiv 2604.06549, released scores"
ROWS = (
    PublishedRow("HyenaDNA", 0.630, 0.480, -0.01, -0.34),
    PublishedRow("NT-500M", 0.540, 0.400, -0.00, -0.10),
    PublishedRow("k-mer", 0.430, 0.500, -0.17, 0.11),
    PublishedRow("Random", 0.500, 0.460, -0.14, -0.04),
    PublishedRow("PWM", 0.000, 0.000, 0.70, None),
    PublishedRow("PA-PWM", 1.000, 0.980, None, None),
    PublishedRow("RPA-PWM", 1.000, 0.920, None, None),
    PublishedRow("Thermodynamic", 0.970, 0.680, None, None),
    PublishedRow("Scan", 0.430, 0.540, None, None),
    PublishedRow("PA-PWM-NoPos", 0.630, 0.560, None, None),
    PublishedRow("PA-PWM-NoComp", 0.000, 0.000, None, None),
)
