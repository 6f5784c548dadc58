"""pytest-xdist: one model stays with one worker, and a dead worker ends the run cleanly."""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mit_harness.errors import InputError

if TYPE_CHECKING:
    import pytest

_MARK = "mit_claim"
_FIXTURES = frozenset(
    (_MARK, "mit_model", "mit_result", "mit_run", "mit_scores", "mit_sequences", "mit_verdict")
)
_EVALS = "mit_harness.evals"
_WORDS = re.compile(rb"\bmit_(?:harness|claim|model|result|run|scores|sequences|verdict)\b")
_VIRTUAL_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")


def dist_is_explicit(config: "pytest.Config") -> bool:
    """Tell whether the user chose how tests are shared; asked before xdist fills in its default."""
    return bool(config.option.dist != "no" or config.option.distload)


def check_workers(engine: str | None) -> None:
    """Raise where workers would be started beside an engine that spreads the work itself.

    Raises
    ------
    InputError
        If that is Ray.
    """
    if engine == "ray":
        raise InputError("--mit-engine ray spreads the work itself; leave out -n, or give -n0")


def names_evals(config: "pytest.Config") -> bool:
    """Tell whether the test files named on the command line hold eval cases.

    The controller never collects, and must choose the scheduler before any worker has. So the
    files are parsed, not imported, for the harness's marker, its fixtures and its own evals.
    """
    return any(_holds_evals(file) for file in _test_files(config))


def _holds_evals(file: Path) -> bool:
    try:
        text = file.read_bytes()
        if not _WORDS.search(text):
            return False
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False  # whoever collects it says what is wrong
    return any(map(_uses_harness, ast.walk(tree)))


def _uses_harness(node: ast.AST) -> bool:
    match node:
        case ast.arg(arg=name):
            return name in _FIXTURES
        case ast.Attribute(attr=name):
            return name == _MARK
        case ast.ImportFrom(module=str(name)):
            return name == _EVALS or name.startswith(_EVALS + ".")
        case _:
            return False


def _test_files(config: "pytest.Config") -> Iterator[Path]:
    patterns = config.getini("python_files")
    for argument in config.args:
        path = _path_of(argument, config)
        if path is None:
            continue
        if path.is_file():
            yield path
            continue
        for file in _walk(path, config.getini("norecursedirs")):
            if any(file.match(pattern) for pattern in patterns):
                yield file


def _walk(top: Path, skipped: Iterable[str]) -> Iterator[Path]:
    """Yield the files below a folder that pytest would look at, each folder once."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        foreign = any(mark in (*files, *folders) for mark in _VIRTUAL_ENVIRONMENT)
        if real in seen or (foreign and Path(folder) != top):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not any(fnmatch(f, p) for p in skipped))
        yield from (Path(folder, file) for file in sorted(files))


def _path_of(argument: str, config: "pytest.Config") -> Path | None:
    name = argument.partition("::")[0]
    path = config.invocation_params.dir / name
    if os.path.exists(path):  # noqa: PTH110 - False for what no file can be called
        return path
    if not config.getoption("pyargs", False):
        return None
    from importlib.util import find_spec

    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def gpus() -> list[str]:
    """Return the NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    Without torch, which must not be imported before that variable is set.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    try:
        return [str(k) for k in range(len(os.listdir("/proc/driver/nvidia/gpus")))]  # noqa: PTH208
    except OSError:
        return []


def gpu_of(worker: str) -> str | None:
    """Return the GPU of a worker, ``gw0`` and so on, in turn; None where there is none."""
    there, number = gpus(), re.search(r"\d+$", worker)
    return there[int(number.group()) % len(there)] if there and number else None


class Sharing(NamedTuple):
    """Which processes load models into one memory, the host's or a GPU's.

    Attributes
    ----------
    workers
        How many, 1 without xdist.
    copies
        Whether two of them may hold the same model.
    """

    workers: int = 1
    copies: bool = False


ALONE = Sharing()
"""A process without workers beside it."""


def sharing(config: "pytest.Config", device: str | None, *, dist_given: bool) -> Sharing:
    """Return how many workers will share a memory.

    Where no device is named, workers take the GPUs in turn (`gpu_of`), and a memory is one GPU's.

    Parameters
    ----------
    config
        Of the controller, or of a session without workers.
    device
        ``--mit-device``.
    dist_given
        Whether the user chose how tests are shared; then any worker may get any model.
    """
    workers = max(1, sum(map(_times, getattr(config.option, "tx", None) or ())))
    there = gpus() if device is None else []
    return Sharing(-(-workers // max(1, len(there))), dist_given and workers > 1)


def _times(gateway: str) -> int:
    """Return how many workers an xdist ``--tx`` stands for, such as ``3*popen``."""
    number, star, _ = gateway.partition("*")
    return int(number) if star and number.isdecimal() else 1


def model_scope(nodeid: str, models: Iterable[str]) -> str:
    """Return the model that a parametrised eval is about, or its file where there is none."""
    return model_named(nodeid, models) or nodeid.partition("::")[0]


def model_named(nodeid: str, models: Iterable[str]) -> str | None:
    """Return the model that a test's parameters name, the longest that fits, or None."""
    _, _, test = nodeid.partition("::")
    _, _, parameters = test.removesuffix("]").partition("[")
    for name in sorted(models, key=len, reverse=True):
        if re.search(rf"(^|-){re.escape(name)}($|-)", parameters):
            return name
    return None


def make_scheduler(config: "pytest.Config", log: Any, models: Iterable[str]) -> Any:  # noqa: ANN401
    """Return a scheduler that gives all evals of one model to one worker."""
    from xdist.scheduler import LoadScopeScheduling

    names = tuple(models)

    class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return model_scope(nodeid, names)

    return ModelScheduling(config, log)
