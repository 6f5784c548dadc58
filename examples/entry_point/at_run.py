"""A model in a package of its own: it likes long runs of A and T, wherever they stand."""

import re

_RUN = re.compile("[AT]+")


def load():
    return lambda sequences: [
        float(max((len(run) for run in _RUN.findall(s)), default=0)) for s in sequences
    ]


load.fingerprint = "mit-at-run 1.0"  # change it whenever a score could change
