"""A model in five lines: it likes A+T, so it holds compensation and nothing else."""


def load():
    return lambda sequences: [float(s.count("A") + s.count("T")) for s in sequences]


load.fingerprint = "at-count 1"  # change it whenever a score could change
