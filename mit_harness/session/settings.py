"""The options of one run, read from the command line, the environment and the ini file."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mit_harness.errors import InputError
from mit_harness.session.options import OPTIONS, Option

if TYPE_CHECKING:
    from mit_harness.models.base import Loading
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.natural import NaturalTable
    from mit_harness.promoter.regulondb import PromoterSet
    from mit_harness.promoter.sequence_set import SequenceSet


def default_store() -> Path:
    """Return the score store in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("mit-harness") / "scores.sqlite"


def new_run_id() -> str:
    """Return a name for one run; shared by its workers, never shown in a report."""
    from uuid import uuid4

    return uuid4().hex


@dataclass(frozen=True)
class Settings:
    """What one run was asked to do; see `mit_harness.session.options` for each.

    Attributes
    ----------
    run_id
        Names the run in the keys of models that have no fingerprint; shared by its workers.
    """

    models: tuple[str, ...]
    claims: tuple[str, ...]
    report: Path
    suite: Path | None
    regulondb: Path | None
    protocol: str
    n: int
    seed: int
    split: str
    break_form: str
    measured: Path | None
    store: Path
    batch_tokens: int
    engine: str
    ray_cpus: int
    trusted: tuple[str, ...]
    offline: bool
    device: str | None
    dtype: str | None
    max_memory: str | None
    baseline: Path | None
    plan: bool
    measure_only: bool
    gate: Path | None
    run_id: str

    @classmethod
    def from_config(cls, config: pytest.Config, run_id: str) -> "Settings":
        """Read the options of a pytest session.

        Raises
        ------
        InputError
            If a value is not what its option takes; the option is named.
        """
        from mit_harness.promoter.core import DEFAULT_N
        from mit_harness.promoter.grammar import SIGMA70
        from mit_harness.scoring.engine import BATCH_TOKENS

        given = {option.name: _given(config, option) for option in OPTIONS}
        root = config.invocation_params.dir
        if given["suite"] and given["regulondb"]:
            raise InputError(
                "--mit-suite and --mit-regulondb both say what the natural promoters are; give one"
            )
        return cls(
            models=tuple(given["model"] or ("embedded",)),
            claims=tuple(given["claim"] or ()),
            report=_path(root, given["report"] or "reports/latest"),
            suite=_path(root, given["suite"]) if given["suite"] else None,
            regulondb=_path(root, given["regulondb"]) if given["regulondb"] else None,
            protocol=given["protocol"] or "matched",
            n=_integer("n", given["n"], DEFAULT_N, 1),
            seed=_integer("seed", given["seed"], 42, 0),
            split=given["split"] or "test",
            break_form=SIGMA70.check_break(given["break"] or SIGMA70.break_form),
            measured=_measured(root, given["measured"] or "off"),
            store=_path(root, given["store"]) if given["store"] else default_store(),
            batch_tokens=_integer("batch_tokens", given["batch_tokens"], BATCH_TOKENS, 1),
            engine=given["engine"] or "local",
            ray_cpus=_integer("ray_cpus", given["ray_cpus"], 1, 1),
            trusted=tuple(given["trust_remote_code"] or ()),
            offline=bool(given["offline"]),
            device=given["device"],
            dtype=given["dtype"],
            max_memory=given["max_memory"],
            baseline=_path(root, given["baseline"]) if given["baseline"] else None,
            plan=bool(given["plan"]),
            # Behind a gate claims only measure: it alone decides.
            measure_only=bool(given["measure_only"] or given["gate"]),
            gate=_path(root, given["gate"]) if given["gate"] else None,
            run_id=run_id,
        )

    @property
    def loading(self) -> "Loading":
        """How neural models are loaded; the paper gives them no conditioning context."""
        from mit_harness.models.base import Loading

        context = 0 if self.protocol == "published" else None
        return Loading(self.trusted, self.offline, self.device, self.dtype, context)

    def read_suite(self) -> "Suite | None":
        """Return the user's own sequences, or None.

        Raises
        ------
        InputError
            If the file cannot be used.
        """
        if self.suite is None:
            return None
        from hashlib import sha256

        from mit_harness.promoter.files import read_sequences
        from mit_harness.promoter.grammar import SIGMA70

        sequences, notes = read_sequences(self.suite, length=SIGMA70.length)
        return Suite(sequences, notes, sha256(self.suite.read_bytes()).hexdigest())

    def read_regulondb(self) -> "PromoterSet | None":
        """Return the natural promoters of the user's own file, or None.

        Raises
        ------
        InputError
            If the file cannot be used.
        """
        if self.regulondb is None:
            return None
        from mit_harness.promoter.regulondb import read_promoter_set

        return read_promoter_set(self.regulondb)

    def design_spec(
        self, suite: "SequenceSet | None", natural: "NaturalTable | None" = None
    ) -> "DesignSpec":
        """Return what decides the sequences, given the user's own, or own natural promoters."""
        from mit_harness.promoter.core import DesignSpec
        from mit_harness.promoter.grammar import SIGMA70
        from mit_harness.promoter.seeds import Seeds

        return DesignSpec(
            grammar=SIGMA70,
            n=self.n,
            seeds=Seeds(self.seed, self.split),  # type: ignore[arg-type]
            break_form=self.break_form,
            protocol=self.protocol,  # type: ignore[arg-type]
            suite=suite,
            natural=natural,
            measured=self.measured,
        )


class Suite(NamedTuple):
    """A file of the user's own sequences: what it holds, what was normalised, and its hash."""

    sequences: "SequenceSet"
    notes: tuple[str, ...]
    sha256: str


def is_on(config: pytest.Config, name: str) -> bool:
    """Tell whether an option was given, on the command line, in the environment or the ini file.

    Raises
    ------
    InputError
        If its value is neither true nor false.
    """
    return bool(given(config, name))


def given(config: pytest.Config, name: str) -> Any:  # noqa: ANN401 - as pytest has it
    """Return the value of an option before any default.

    Raises
    ------
    InputError
        If it is not what the option takes.
    """
    return _given(config, next(option for option in OPTIONS if option.name == name))


def _given(config: pytest.Config, option: Option) -> Any:  # noqa: ANN401 - as pytest has it
    value = config.getoption(option.key, None)
    if value is not None:
        return value
    value, where = os.environ.get(option.environment), option.environment
    if not value:
        value, where = _ini(config, option), f"ini option {option.key}"
    if not value:
        return None
    if isinstance(value, str):
        return _parsed(option, value, where)
    if isinstance(value, list) and not option.repeat:
        raise InputError(f"{where} takes one value, not a list of {len(value)}")
    return value


def _ini(config: pytest.Config, option: Option) -> Any:  # noqa: ANN401 - as pytest has it
    try:
        return config.getini(option.key)
    except (TypeError, ValueError, pytest.PytestWarning) as error:  # values of the wrong type
        raise InputError(f"ini option {option.key}: {error}") from error


def _parsed(option: Option, text: str, where: str) -> Any:  # noqa: ANN401 - text, list or bool
    if option.repeat:
        try:
            return shlex.split(text)
        except ValueError as error:
            raise InputError(f"{where}: {text!r} cannot be split into words ({error})") from error
    if option.is_switch:
        if text.lower() not in ("1", "0", "true", "false", "yes", "no"):
            raise InputError(f"{where}: {text!r} is neither true nor false")
        return text.lower() in ("1", "true", "yes")
    if option.choices and text not in option.choices:
        raise InputError(f"{where} takes {' or '.join(option.choices)}, not {text!r}")
    return text


def _path(root: Path, text: str) -> Path:
    return root / Path(text).expanduser()  # no shell has seen what an ini file says


def _measured(root: Path, text: str) -> Path | None:
    if text == "off":
        return None  # nothing is imported for it
    from mit_harness.measured.lafleur import named

    return named(text, root)


def _integer(name: str, text: str | None, default: int, least: int) -> int:
    if text is None:
        return default
    flag = "--mit-" + name.replace("_", "-")
    try:
        value = int(text)
    except ValueError as error:
        raise InputError(f"{flag} takes a whole number, not {text!r}") from error
    if value < least:
        raise InputError(f"{flag} must be at least {least}, not {value}")
    return value
