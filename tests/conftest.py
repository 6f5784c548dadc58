"""What every test of the harness gets: a store and a report folder of its own, never the user's."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings, score store and reports out of the tests, and the tests of them."""
    folder = tmp_path_factory.mktemp("mit-harness")
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("MIT_HARNESS_") or name in ("SOURCE_DATE_EPOCH", "PYTEST_ADDOPTS"):
                patch.delenv(name)
        patch.setenv("MIT_HARNESS_STORE", str(folder / "scores.sqlite"))
        patch.setenv("MIT_HARNESS_REPORT", str(folder / "report"))
        yield
