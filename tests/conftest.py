"""What every test of the harness gets: a store and a report folder of its own, never the user's."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same command runs the same tests: MIT_TESTS_EXPLORE=1 looks for new examples instead.
settings.register_profile("repeatable", derandomize=True, database=None)
if not os.environ.get("MIT_TESTS_EXPLORE"):
    settings.load_profile("repeatable")


_THEIRS = ("SOURCE_DATE_EPOCH", "PYTEST_ADDOPTS", "GITHUB_STEP_SUMMARY")


@pytest.fixture(scope="session", autouse=True)
def _own_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings, score store and reports out of the tests, and the tests of them."""
    folder = tmp_path_factory.mktemp("mit-harness")
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("MIT_HARNESS_") or name in _THEIRS:
                patch.delenv(name)
        patch.setenv("MIT_HARNESS_STORE", str(folder / "scores.sqlite"))
        patch.setenv("MIT_HARNESS_REPORT", str(folder / "report"))
        yield
