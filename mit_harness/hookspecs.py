"""Hooks that a conftest.py may implement."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mit_harness.models.registry import Registry


@pytest.hookspec
def pytest_mit_register_models(registry: "Registry") -> None:
    """Add models of your own: ``registry.add("my-model", factory)``.

    Put it into the conftest.py of the folder that pytest is started in, or of one named on the
    command line: xdist's controller, which collects nothing, reads no other.
    """
