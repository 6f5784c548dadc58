"""Prove that the import rules see the mapped packages: a deliberate violation must break them.

Run by `tox -e types` against the installed wheel: it adds an import that points upward to a copy of
the package's fixtures and expects import-linter to refuse it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mit_harness

RULES = Path(sys.argv[1])


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mit_harness"
        shutil.copytree(Path(mit_harness.__file__).parent, copy)
        with (copy / "fixtures" / "models.py").open("a") as handle:
            handle.write("\nimport mit_harness.evals.test_compensation\n")
        with (copy / "promoter" / "genome.py").open("a") as handle:
            handle.write("\nimport mit_harness.claims.base\n")
        found = subprocess.run(
            ["lint-imports", "--config", str(RULES), "--no-cache"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    seen = [name for name in ("fixtures", "promoter") if f"mit_harness.{name}" in found.stdout]
    if found.returncode == 0 or len(seen) < 2:
        print(found.stdout, found.stderr, "the import rules did not see a deliberate violation")
        return 1
    print("the import rules see fixtures and promoter")
    return 0


if __name__ == "__main__":
    sys.exit(main())
