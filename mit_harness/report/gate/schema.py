"""The schema of gate.toml, version 1; documented in docs/gate.md."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mit_harness.errors import InputError, near

SCHEMA: Final = "mit-harness/gate/1"
EVERY = "*"
"""In ``[expected."*"]``: any gated model."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
Expectable = Literal["holds", "refuted", "absent", "undecided", "measured"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MetricRule(_Table):
    """``[claims.CLAIM.METRIC]``: what one number has to satisfy, for every gated model."""

    min_ci_low: Finite | None = Field(
        default=None, description="the 95 % interval, less the noise band, lies at or above this"
    )
    max_regression: Annotated[Finite, Field(ge=0)] | None = Field(
        default=None, description="largest loss against the baseline that is none"
    )
    min_power: Annotated[Finite, Field(gt=0.025, lt=1)] | None = Field(
        default=None, description="probability of detecting `power_at`"
    )
    power_at: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="a proportion (default 0.65), or an effect in the metric's unit"
    )

    @model_validator(mode="after")
    def _has_a_rule(self) -> "MetricRule":
        if self.min_ci_low is None and self.max_regression is None and self.min_power is None:
            raise ValueError("give it min_ci_low, max_regression or min_power")
        if self.power_at is not None and self.min_power is None:
            raise ValueError("power_at goes with min_power")
        return self


class BaselineTable(_Table):
    """``[baseline]``: the run that regressions are measured against."""

    results: Name | None = Field(
        default=None, description="a results.json or its folder, relative to the gate file"
    )
    max_age_days: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="an older baseline is stale, and blocks"
    )
    models: dict[Name, Name] = Field(
        default_factory=dict,
        description="gated model to its name in the baseline, where that differs",
    )


class Gate(_Table):
    """gate.toml."""

    schema_: Literal["mit-harness/gate/1"] = Field(alias="schema")
    models: Annotated[list[Name], Field(min_length=1)] | None = Field(
        default=None, description="whom the rules are for; default: every model of kind user"
    )
    require_ran: list[Name] = Field(
        default_factory=list, description="claims that have to be judged for every gated model"
    )
    multiplicity: Literal["none", "holm", "bh"] = Field(
        default="holm", description="how an expected `holds` is corrected"
    )
    noise_floor: Literal["if-known", "required"] = Field(
        default="if-known", description="whether a model without a known noise floor may pass"
    )
    baseline: BaselineTable | None = None
    claims: dict[Name, Annotated[dict[Name, MetricRule], Field(min_length=1)]] = Field(
        default_factory=dict, description="rules by claim and metric"
    )
    expected: dict[
        Name,
        Annotated[
            dict[Name, Annotated[list[Expectable], Field(min_length=1)]], Field(min_length=1)
        ],
    ] = Field(default_factory=dict, description='verdicts by model (or "*") and claim')

    @model_validator(mode="after")
    def _has_rules(self) -> "Gate":
        if not (self.require_ran or self.claims or self.expected):
            raise ValueError(
                "it holds no rule, and a gate without rules lets everything through; add "
                "require_ran, [claims.CLAIM.METRIC] or [expected.MODEL]"
            )
        return self

    def metric_rules(self) -> Iterator[tuple[str, str, MetricRule]]:
        """Yield claim, metric and rule, in the file's order."""
        for claim, metrics in self.claims.items():
            for metric, rule in metrics.items():
                yield claim, metric, rule

    def named_claims(self, model: str) -> list[str]:
        """Return every claim that a rule for one model names: its family of tests."""
        found = [*self.require_ran, *self.claims]
        for who in (EVERY, model):
            found += self.expected.get(who, {})
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class GateFile:
    """A gate as read.

    Attributes
    ----------
    path
        Of the file.
    sha256
        Of its bytes.
    gate
        What it says.
    baseline
        The baseline's path: the override, or what the file names; None where neither does.
    """

    path: Path
    sha256: str
    gate: Gate
    baseline: Path | None


def read_gate(path: Path, baseline: Path | None = None) -> GateFile:
    """Read a gate file.

    Parameters
    ----------
    path
        Of the TOML file.
    baseline
        Replaces the baseline that the file names.

    Raises
    ------
    InputError
        If it cannot be read, is no TOML, holds an unknown key (near matches are listed) or a value
        that cannot be used, or asks for a baseline that nobody names; file and key are named.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"gate file {path} cannot be read: {error.strerror or error}") from error
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"gate file {path} is no TOML: {error}") from error
    try:
        gate = Gate.model_validate(content)
    except ValidationError as error:
        raise InputError(f"gate file {path}: {_fault(error)}") from error
    named = None if gate.baseline is None else gate.baseline.results
    if baseline is None and named is not None:
        baseline = path.parent / Path(named).expanduser()
    if baseline is None and (why := _needs_baseline(gate)):
        raise InputError(
            f"gate file {path}: {why} needs a baseline; name one under [baseline] as results, or "
            "with --baseline (with pytest: --mit-baseline)"
        )
    return GateFile(path, sha256(data).hexdigest(), gate, baseline)


def _needs_baseline(gate: Gate) -> str:
    for claim, metric, rule in gate.metric_rules():
        if rule.max_regression is not None:
            return f"claims.{claim}.{metric}.max_regression"
    return "" if gate.baseline is None else "[baseline]"


def _fault(error: ValidationError) -> str:
    """Return the first fault in words: the key, what is wrong, what was meant."""
    found = error.errors()[0]
    place = [str(part) for part in found["loc"]]
    key = ".".join(place)
    if found["type"] == "extra_forbidden":
        return f"unknown key {key!r}{near(place[-1], _keys(place[:-1]))}"
    if found["type"] == "missing":
        return f"{key!r} is missing; write {key} = {SCHEMA!r}"
    said = str(found["msg"]).removeprefix("Value error, ")
    return f"{key}: {said}{_given(found)}" if key else said


def _given(found: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    value = found["input"]
    return f", not {value!r}" if isinstance(value, str | int | float) else ""


def _keys(place: list[str]) -> list[str]:
    """Return the keys known in a table."""
    tables: dict[int, type[_Table]] = {0: Gate, 1: BaselineTable}
    table = tables.get(len(place), MetricRule)
    return [field.alias or name for name, field in table.model_fields.items()]
