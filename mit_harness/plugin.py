"""The pytest plugin. In a session without eval cases it does nothing but register options.

Only pytest is imported here: the plugin loads in every pytest session of its environment.
"""

import os
import sys
import traceback
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from mit_harness.errors import MitHarnessError
from mit_harness.session import CASE
from mit_harness.session.options import OPTIONS

if TYPE_CHECKING:
    from mit_harness.session.controller import Controller
    from mit_harness.session.distribution import Sharing
    from mit_harness.session.run import EvalRun

pytest_plugins = ["mit_harness.fixtures.models", "mit_harness.fixtures.verdicts"]

RUN: pytest.StashKey["EvalRun"] = pytest.StashKey()
CONTROLLER: pytest.StashKey["Controller"] = pytest.StashKey()
FAULT: pytest.StashKey[MitHarnessError] = pytest.StashKey()
DIST_WAS_EXPLICIT: pytest.StashKey[bool] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add every ``--mit-`` option and its ini twin; defaults are resolved in a run's settings."""
    group = parser.getgroup("mit-harness", "mit-harness: mechanistic evals of genomic models")
    for option in OPTIONS:
        extra: dict[str, Any] = {"action": "store_true"} if option.is_switch else {}
        if option.metavar:
            extra["metavar"] = option.metavar
        if option.repeat:
            extra["action"] = "append"
        if option.choices:
            extra["choices"] = option.choices
        group.addoption(option.flag, dest=option.key, default=None, help=option.help, **extra)
        parser.addini(option.key, option.help, type=option.ini_type, default=None)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare ``pytest_mit_register_models``."""
    from mit_harness import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; in a worker, show torch its own GPU before anything imports it."""
    config.addinivalue_line(
        "markers", "mit_claim(id): the claim that this eval judges (or a Claim)"
    )
    gpu = getattr(config, "workerinput", {}).get("mit_gpu")
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Prepare for workers before xdist reads its options; behind a gate, its status is pytest's."""
    try:
        _before_workers(config)
        status = yield
    except pytest.UsageError as error:
        if not _gated(config):
            raise
        sys.stderr.writelines(f"ERROR: {line}\n" for line in error.args)
        status = pytest.ExitCode.USAGE_ERROR
    except Exception:
        if not _gated(config):
            raise
        traceback.print_exc()  # Python itself would end with status 1, which here is a block
        status = pytest.ExitCode.INTERNAL_ERROR
    if _gated(config):
        from mit_harness.session.gating import settled

        controller = config.stash.get(CONTROLLER, None)
        return settled(int(status or 0), None if controller is None else controller.found.decision)
    return status


def _before_workers(config: pytest.Config) -> None:
    """Take no workers for a plan, and no restarts for evals."""
    if not _distributes(config) or _is_worker(config):
        return
    from mit_harness.session.distribution import check_workers, dist_is_explicit, names_evals
    from mit_harness.session.settings import given, is_on

    if _asked(config) or names_evals(config):
        config.stash[DIST_WAS_EXPLICIT] = dist_is_explicit(config)
        with _usage_errors():
            plan = is_on(config, "plan")
            if not plan:
                check_workers(given(config, "engine"))
        if plan:
            config.option.numprocesses = 0
        elif not _only_looks(config):
            _control(config)
            if config.option.maxworkerrestart is None:
                # A worker killed for memory would be restarted otherwise, and can hang.
                config.option.maxworkerrestart = "0"


def _gated(config: pytest.Config) -> bool:
    """Tell whether a gate alone decides: this very command names one, or evals were to be run."""
    if _is_worker(config):
        return False
    if any(str(word).startswith("--mit-gate") for word in config.invocation_params.args):
        return True
    if CONTROLLER not in config.stash and FAULT not in config.stash:
        return False
    from mit_harness.session.gating import gate_is_asked

    return gate_is_asked(config)


def _distributes(config: pytest.Config) -> bool:
    """Tell whether xdist, if it is here, will start workers; it has not said so itself yet."""
    workers = getattr(config.option, "numprocesses", None)
    return bool(getattr(config.option, "tx", None) if workers is None else workers)


def run_of(config: pytest.Config) -> "EvalRun":
    """Return the session's run, made when first needed.

    Raises
    ------
    MitHarnessError
        If an option, the suite or a model's name cannot be used.
    """
    if FAULT in config.stash:
        raise config.stash[FAULT]
    if RUN not in config.stash:
        from mit_harness.session.run import EvalRun
        from mit_harness.session.settings import Settings, new_run_id

        worker = getattr(config, "workerinput", {})
        settings = Settings.from_config(config, worker.get("mit_run_id") or new_run_id())
        run = EvalRun(
            settings,
            lambda registry: config.hook.pytest_mit_register_models(registry=registry),
            _sharing(config, settings.device),
        )
        config.stash[RUN] = run
        config.add_cleanup(run.close)
    return config.stash[RUN]


def _sharing(config: pytest.Config, device: str | None) -> "Sharing":
    """Return which workers load models into one memory; a worker is told, if it is controlled."""
    from mit_harness.session.distribution import Sharing, sharing

    worker = getattr(config, "workerinput", None)
    if worker is None:
        return sharing(config, device, dist_given=config.stash.get(DIST_WAS_EXPLICIT, False))
    workers = int(worker.get("workercount", 1))
    return Sharing(*worker.get("mit_sharing", (workers, workers > 1)))


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _asked(config: pytest.Config) -> bool:
    """Tell whether this very command names one of our options: then evals are expected."""
    return any(str(word).startswith("--mit-") for word in config.invocation_params.args)


def _only_looks(config: pytest.Config) -> bool:
    """Tell whether pytest was asked to show something instead of running tests."""
    modes = ("collectonly", "showfixtures", "show_fixtures_per_test", "setuponly", "cacheshow")
    return any(config.getoption(mode, None) for mode in modes)


def _control(config: pytest.Config) -> "Controller":
    if CONTROLLER not in config.stash:
        from mit_harness.session.controller import Controller

        config.stash[CONTROLLER] = Controller(config, asked=_asked(config))
    return config.stash[CONTROLLER]


def pytest_sessionstart(session: pytest.Session) -> None:
    """With workers, refuse bad input before any of them starts."""
    controller = session.config.stash.get(CONTROLLER, None)
    if controller is not None:
        with _usage_errors():
            controller.prepare(run_of(session.config))
        controller.watch()


class _usage_errors:  # noqa: N801 - reads as a statement
    """Turn our errors into pytest's usage errors: one line, exit status 4."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, tb: object) -> None:
        if isinstance(error, MitHarnessError):
            raise pytest.UsageError(f"mit-harness: {error}") from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise everything that asks for ``mit_model`` over the models of this run."""
    if "mit_model" not in metafunc.fixturenames:
        return
    names = ["unresolved"]
    try:
        names = list(run_of(metafunc.config).handles)
    except MitHarnessError as error:  # said once, after collection
        metafunc.config.stash.setdefault(FAULT, error)
    metafunc.parametrize("mit_model", names, ids=names, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the claims asked for, and bring the evals of one model together."""
    if RUN in config.stash and FAULT not in config.stash:
        from mit_harness.session.collection import arrange

        try:
            arrange(config, config.stash[RUN], items)
        except MitHarnessError as error:
            config.stash[FAULT] = error
    if FAULT in config.stash and not _is_worker(config):  # in a worker, each eval says it
        with _usage_errors():
            raise config.stash[FAULT]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without workers, take the report folder and open the store before the first eval."""
    config = session.config
    if _is_worker(config) or _only_looks(config) or not (RUN in config.stash or _asked(config)):
        return
    from mit_harness.session.collection import has_cases

    with _usage_errors():
        run = run_of(config)
        if not run.settings.plan:
            _control(config).expect(item.nodeid for item in session.items)
            if has_cases(session.items):
                _control(config).prepare(run)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--mit-plan``, print what would be scored and run nothing; Ray scores before evals."""
    config = session.config
    if RUN not in config.stash:
        return None
    if not config.stash[RUN].settings.plan:
        if not session.testsfailed or config.getoption("continue_on_collection_errors"):
            _score_ahead(config, config.stash[RUN])
        return None
    if session.testsfailed:
        return None
    from mit_harness.session.plan import plan_lines
    from mit_harness.session.progress import ticker_of

    with _usage_errors(), ticker_of(config).doing("designing what would be scored"):
        lines = plan_lines(config.stash[RUN])
    terminal = config.pluginmanager.getplugin("terminalreporter")
    write = sys.stdout.write if terminal is None else terminal.write
    write("\n" + "\n".join(lines) + "\n")
    return True


def _score_ahead(config: pytest.Config, run: "EvalRun") -> None:
    if run.settings.engine != "ray" or not run.selected or _is_worker(config):
        return
    if not _only_looks(config):
        from mit_harness.session.progress import ticker_of
        from mit_harness.session.remote import score_ahead

        with _usage_errors():
            run.ahead = score_ahead(run, ticker_of(config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show our own errors as one sentence instead of a traceback."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, MitHarnessError):
        report.longrepr = f"{type(call.excinfo.value).__name__}: {call.excinfo.value}"
    return report


def pytest_report_from_serializable(config: pytest.Config, data: dict[str, Any]) -> None:
    """Never let a worker's evals pass unseen where their files did not show that they are evals."""
    if CONTROLLER not in config.stash and any(
        name == CASE for name, *_ in data.get("user_properties", ())
    ):
        _control(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController
    """Tell a worker which run it is part of, and give it one of the GPUs."""
    if CONTROLLER in node.config.stash:
        from mit_harness.session.distribution import gpu_of

        run = run_of(node.config)
        settings = run.settings
        node.workerinput["mit_run_id"] = settings.run_id
        node.workerinput["mit_sharing"] = tuple(run.sharing)
        if settings.device is None:  # one that is named is the user's own choice
            node.workerinput["mit_gpu"] = gpu_of(node.gateway.id)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401
    """Give all evals of one model to one worker, unless --dist says otherwise."""
    if CONTROLLER not in config.stash:
        return None
    if config.stash.get(DIST_WAS_EXPLICIT, False):
        text = "warning: --dist was given, so each worker may load every model"
        config.stash[CONTROLLER].found.notes.append(text)
        return None
    from mit_harness.session.distribution import make_scheduler

    return make_scheduler(config, log, run_of(config).handles)
