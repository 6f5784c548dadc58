"""A model registered by name, measured for reference only: it never fails a run."""


def load_gc_skew():
    return lambda sequences: [(s.count("G") - s.count("C")) / len(s) for s in sequences]


def pytest_mit_register_models(registry):
    registry.add("gc-skew", load_gc_skew, kind="reference", fingerprint="gc-skew 1")
