"""The schema of results.json, version 1; documented in docs/results.md."""

from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

SCHEMA: Final = "mit-harness/results/1"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class MetricRecord(_Strict):
    """One number with its uncertainty. Infinite values are the strings "Infinity", "-Infinity"."""

    value: float | None = Field(description="null where undefined; `note` says why")
    ci_low: float | None
    ci_high: float | None
    level: float = Field(description="of the interval")
    ci_method: str
    ci90_low: float | None = None
    ci90_high: float | None = None
    p: float | None = Field(description="of `test`")
    test: str
    n: int = Field(description="pairs, or sequences where nothing is paired")
    ties: int | None
    unit: str
    mde: float | None = Field(description="smallest effect that n detects with 80 % power")
    note: str = ""
    threshold: float | None = Field(
        default=None, description="present on the metrics that the verdict depends on"
    )
    role: Literal["deciding", "guard", "premise"] | None = Field(
        default=None, description="how the verdict depends on it; null where it is only reported"
    )


class ClaimRecord(_Strict):
    """One claim judged for one model."""

    id: str
    version: int
    verdict: Literal["holds", "refuted", "absent", "undecided", "error", "measured"]
    n: int
    metrics: dict[str, MetricRecord]
    explanation: str
    declared: list[str] | None = Field(
        default=None, description="verdicts a control may get; null where nothing is declared"
    )
    p: float | None = Field(
        default=None, description="largest p of the deciding metrics (intersection-union)"
    )
    p_bh: float | None = Field(
        default=None, description="p adjusted over the models of this run (Benjamini-Hochberg)"
    )
    p_holm: float | None = Field(
        default=None, description="p adjusted over the claims of this model (Holm)"
    )

    @property
    def drifted(self) -> bool:
        """Whether a control got a verdict that it did not declare."""
        return self.declared is not None and self.verdict not in self.declared


class NoiseRecord(_Strict):
    """The noise floor of a model's scores: what cannot be told from no change."""

    nats: float | None = Field(
        description="largest spread of one sequence's score, in its unit; null where unknown"
    )
    n: int = Field(description="sequences that it was measured on")
    parts: dict[str, float | None] = Field(description="by what was varied; null: not measured")
    note: str = Field(default="", description="why a part, or all of it, is null")


class ScoresRecord(_Strict):
    """The file of per-item scores beside results.json."""

    file: str
    sha256: str
    rows: int


class _Grown(_Strict):
    """A record that later versions gave more fields.

    One that says nothing is left out: files written before there was one keep their checksum.
    """

    LATER: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = written(self)
        for name in self.LATER:
            if getattr(self, name) == type(self).model_fields[name].default:
                fields.pop(name, None)
        return fields


class ModelRecord(_Grown):
    """One model and everything judged for it."""

    LATER = ("seen",)

    name: str
    spec: str
    kind: Literal["control", "reference", "user"]
    fingerprint: str | None = Field(
        description="null where the model states none; its scores were for this run only"
    )
    method: str
    tolerance: float
    parameters: int | None
    revision: str | None = Field(
        default=None, description="commit of the checkpoint, where it has one"
    )
    noise: NoiseRecord | None = Field(
        default=None, description="what batch, dtype and device put into a score"
    )
    seen: str = Field(
        default="",
        description="what it was trained on, where natural promoters are known to be among it",
    )
    claims: list[ClaimRecord]


class DesignRecord(_Grown):
    """What decided the sequences; runs are comparable only where these are equal."""

    LATER = ("natural_sha256",)

    protocol: Literal["matched", "published"]
    n: int
    seed: int
    split: Literal["test", "dev"]
    break_form: str
    suite_sha256: str | None = None
    natural_sha256: str | None = Field(
        default=None, description="of the file of natural promoters, where not the shipped ones"
    )

    @property
    def is_shipped(self) -> bool:
        """Whether no sequence came from a file of the user's."""
        return self.suite_sha256 is None and self.natural_sha256 is None


class RunRecord(_Grown):
    """Dates, timings and versions; all that differs between two runs of one command."""

    LATER = ("measured_sha256",)

    created: str
    duration_s: float | None
    harness: str
    python: str
    pytest: str
    platform: str
    complete: bool = Field(description="every eval collected was reported")
    skipped: dict[str, str] = Field(description="claims not asked, and why")
    faults: dict[str, str] = Field(description="tests that broke outside any claim, and how")
    measured_sha256: str | None = Field(
        default=None, description="of the measured promoters that claims were judged on"
    )
    sha256: str = Field(
        default="", description="of this file with this very field empty: shows any later change"
    )


class Results(_Strict):
    """results.json."""

    schema_: Literal["mit-harness/results/1"] = Field(default=SCHEMA, alias="schema")
    run: RunRecord
    design: DesignRecord
    scores: ScoresRecord | None = Field(
        default=None, description="per-item scores; null where the run kept none"
    )
    models: list[ModelRecord]
