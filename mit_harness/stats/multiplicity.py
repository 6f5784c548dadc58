"""Corrections for several tests; None (not tested) keeps its place and is not counted."""

import gc
from collections.abc import Callable, Sequence

import numpy as np

from mit_harness.errors import InputError
from mit_harness.stats.checks import FloatArray


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """Return p adjusted for the false discovery rate (Benjamini and Hochberg 1995)."""

    def adjust(values: FloatArray) -> FloatArray:
        from scipy.stats import false_discovery_control

        return np.asarray(false_discovery_control(values, method="bh"), dtype=np.float64)

    return _over_known(p, adjust)


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Return p adjusted for the family-wise error rate (Holm 1979)."""

    def adjust(values: FloatArray) -> FloatArray:
        from statsmodels.stats.multitest import multipletests

        # multipletests runs a full garbage collection in every call, a tenth of a warm run in
        # all; what is alive now is put out of its sight meanwhile.
        gc.freeze()
        try:
            return np.asarray(multipletests(values, method="holm")[1], dtype=np.float64)
        finally:
            gc.unfreeze()

    return _over_known(p, adjust)


def _over_known(
    p: Sequence[float | None], adjust: Callable[[FloatArray], FloatArray]
) -> list[float | None]:
    for value in p:
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"a p-value lies between 0 and 1, not {value}")
    known = [value for value in p if value is not None]
    if not known:
        return list(p)
    adjusted = iter(adjust(np.array(known, dtype=np.float64)).tolist())
    return [None if value is None else float(next(adjusted)) for value in p]
