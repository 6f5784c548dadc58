"""Local to this repository; nothing that the evals need lives here (a wheel has no conftest)."""

pytest_plugins = ["pytester"]
