"""Tell whether a genomic language model knows where a promoter's elements belong.

A pytest-style harness for the Mechanistic Invariance Test (arXiv 2604.06549). Each mechanistic
claim is an eval case parameterised over models; see ``evals/`` and ``docs/``.
"""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

__version__ = "0.1.0"


class _Beside:
    """Finds evals and fixtures beside this folder, where a clone has them.

    Only an installation puts them into the package, but `python -m pytest` in a clone imports the
    clone's own sources first. Asked last, so that an installation wins.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        package, _, part = name.rpartition(".")
        if package != __name__ or part not in ("evals", "fixtures"):
            return None
        folder = Path(__file__).parents[1] / part
        init = folder / "__init__.py"
        if not init.is_file():
            return None
        return spec_from_file_location(name, init, submodule_search_locations=[str(folder)])


sys.meta_path.append(_Beside)
