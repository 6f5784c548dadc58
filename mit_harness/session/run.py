"""One run: which models meet which claims, what they need scored, and what comes out."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mit_harness.claims.base import Claim, ClaimResult, Scored
from mit_harness.claims.registry import check_claim, everything
from mit_harness.errors import InputError, MitHarnessError, NotApplicable, printable
from mit_harness.models.base import ModelHandle, Scores
from mit_harness.models.registry import Registry
from mit_harness.progress import Ticker
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.regulondb import PromoterSet
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.scoring.engine import LazyModel, Places, ScoreTable, missing, numbered, score
from mit_harness.scoring.noise import RECORDED, UNKNOWN, Noise, keep_noise, known_noise
from mit_harness.scoring.rate import keep_rate
from mit_harness.scoring.store import Store
from mit_harness.scoring.watch import ScoringWatch
from mit_harness.session.distribution import ALONE, Sharing
from mit_harness.session.settings import Settings, Suite

if TYPE_CHECKING:
    from mit_harness.session.remote import Ahead


class EvalRun:
    """Everything that a session with eval cases shares; built when first asked for.

    Parameters
    ----------
    settings
        What was asked for.
    register
        Called once with the model registry, so that conftest hooks can add to it.
    sharing
        Which processes load models into one memory.

    Attributes
    ----------
    ahead
        What became of models that were scored before the first eval, by name.
    """

    def __init__(
        self,
        settings: Settings,
        register: Callable[[Registry], object] | None = None,
        sharing: Sharing = ALONE,
    ) -> None:
        self.settings = settings
        self.sharing = sharing
        self.registry = Registry(settings.run_id, self.catalogue, settings.loading)
        if register is not None:
            register(self.registry)
        for claim_id in settings.claims:
            check_claim(claim_id)
        self.selected: dict[str, dict[str, Claim]] = {}
        self._designs: dict[str, SequenceSet | NotApplicable] = {}
        self.ahead: dict[str, Ahead] = {}
        self._tables: dict[str, ScoreTable] = {}
        self._places: dict[tuple[str, ...], Places] = {}
        self._sent: set[str] = set()
        self._borrowed = False

    @cached_property
    def handles(self) -> Mapping[str, ModelHandle]:
        """The models of this run by their unique names."""
        handles = self.registry.resolve_all(self.settings.models)
        if self.settings.max_memory is not None:
            from mit_harness.models.neural.memory import parse_gb, refuse_too_big

            limit = parse_gb(self.settings.max_memory)
            workers, copies = self.sharing
            refuse_too_big(self._needs_gb(handles), limit, workers, shared=copies)
        return {handle.name: handle for handle in handles}

    def _needs_gb(self, handles: Iterable[ModelHandle]) -> dict[str, float | None]:
        from mit_harness.models.neural.memory import needs_gb

        return needs_gb(handles, self.settings.dtype)

    @property
    def memory_note(self) -> str | None:
        """What ``--mit-max-memory`` cannot count, if it was given."""
        if self.settings.max_memory is None:
            return None
        from mit_harness.models.neural.memory import unknown_note

        return unknown_note(self._needs_gb(self.handles.values()))

    @cached_property
    def suite(self) -> Suite | None:
        """The user's own sequences, read when first needed."""
        return self.settings.read_suite()

    @cached_property
    def regulondb(self) -> PromoterSet | None:
        """The user's own natural promoters, read when first needed."""
        return self.settings.read_regulondb()

    @cached_property
    def spec(self) -> DesignSpec:
        """What decides the sequences."""
        return self.settings.design_spec(
            None if self.suite is None else self.suite.sequences,
            None if self.regulondb is None else self.regulondb.table,
        )

    @cached_property
    def store(self) -> Store:
        """The score store, opened when first needed."""
        return Store(self.settings.store)

    def catalogue(self) -> SequenceSet:
        """Return every sequence that this run could ask for."""
        return everything(self.spec) if self.spec.suite is None else self.spec.suite

    def select(self, name: str, claim: Claim) -> None:
        """Say that a claim will be judged for the model called `name`; decides what is scored.

        Raises
        ------
        InputError
            If another claim has the same id.
        """
        for claims in self.selected.values():
            if claim.id in claims and type(claims[claim.id]) is not type(claim):
                raise InputError(
                    f"{type(claims[claim.id]).__name__} and {type(claim).__name__} are two claims "
                    f"with one id, {claim.id!r}; give each its own"
                )
        self.selected.setdefault(name, {})[claim.id] = claim

    def design(self, claim: Claim) -> SequenceSet:
        """Return a claim's sequences, designed once.

        Raises
        ------
        NotApplicable
            If the claim cannot be asked of this suite or protocol.
        """
        if claim.id not in self._designs:
            try:
                self._designs[claim.id] = claim.design(self.spec)
            except NotApplicable as reason:
                self._designs[claim.id] = reason
        made = self._designs[claim.id]
        if isinstance(made, NotApplicable):
            raise made
        return made

    def publish(self, claim: Claim) -> None:
        """Keep a design where other processes of this run find it: only workers know own claims."""
        if claim.id not in self._sent:
            rows = json.dumps([tuple(item) for item in self.design(claim)])
            self.store.remember("design", self._key(claim.id), rows)
            self._sent.add(claim.id)

    def published(self, claim_id: str) -> SequenceSet | None:
        """Return the design of a claim that a worker of this run published, or None."""
        rows = self.store.recall("design", self._key(claim_id))
        if rows is None:
            return None
        self._borrowed = True
        return SequenceSet.of(Item(*row) for row in json.loads(rows))

    def _key(self, claim_id: str) -> str:
        return f"run:{self.settings.run_id}:{claim_id}"

    def needed(self, name: str) -> Places:
        """Return the distinct sequences that one model's selected claims need.

        One and the same object for models of which the same claims are asked.
        """
        claims = self.selected.get(name, {})
        asked = tuple(claims)
        if asked not in self._places:
            wanted: dict[str, None] = {}
            for claim in claims.values():
                try:
                    wanted.update((item.sequence, None) for item in self.design(claim))
                except Exception:  # noqa: BLE001, S112 - said by that claim's own eval, not by others
                    continue
            self._places[asked] = numbered(wanted.keys())
        return self._places[asked]

    def plan(self) -> list[tuple[str, int, int]]:
        """Return (model, distinct sequences needed, of these not yet scored) per model."""
        store = self.store if self.settings.store.exists() else None  # a plan makes no file
        rows = []
        for name in self.selected:
            wanted = self.needed(name)
            rows.append((name, len(wanted), len(missing(self.handles[name], wanted, store))))
        return rows

    def scores(self, model: LazyModel, ticker: Ticker | None = None) -> ScoreTable:
        """Score what the model's selected claims need and the store does not hold.

        Beside the scores, the store keeps how long they took and the model's noise floor.
        """
        handle = model.handle
        if handle.name in self.ahead:
            return self._scored_ahead(handle, self.ahead[handle.name])
        with (ticker or Ticker()).doing(f"designing the sequences of {handle.name}") as step:
            sequences = self.needed(handle.name)
            store = self.store if handle.stored else None
            watch = ScoringWatch(step)
            model.on_load = watch.loading
            table = score(
                model,
                sequences,
                store,
                batch_tokens=self.settings.batch_tokens,
                progress=watch,
            )
            self._tables[handle.name] = table
            if store is not None:
                if watch.rate is not None:
                    keep_rate(handle, self.settings.device, store, watch.rate)
                step.say(f"measuring the noise floor of {handle.name}")
                keep_noise(model, store)
        return table

    def _scored_ahead(self, handle: ModelHandle, ahead: "Ahead") -> ScoreTable:
        """Return what was scored before the first eval: no model is loaded."""
        if isinstance(ahead, MitHarnessError):
            raise ahead
        table = ScoreTable.empty(numbered(self.needed(handle.name)))
        table.take(handle, self.store)
        for sequence, row in ahead.items():
            table.put([sequence], Scores(*(np.array([part]) for part in row)))
        self._tables[handle.name] = table
        return table

    def noise(self, handle: ModelHandle) -> Noise:
        """Return a model's noise floor, whichever process measured it, or why there is none."""
        if not handle.stored:
            return RECORDED
        return known_noise(handle, self.store) or UNKNOWN

    def known(self, handle: ModelHandle, sequences: Iterable[str]) -> ScoreTable:
        """Return what is known of a model's scores, whichever process scored: nothing is scored.

        Recorded scores are read again. What this process scored is given away: asked once more,
        it comes from the store.
        """
        if handle.name in self._tables:
            return self._tables.pop(handle.name)
        if handle.stored:
            table = ScoreTable.empty(numbered(sequences))
            table.take(handle, self.store)
            return table
        with LazyModel(handle) as model:
            return score(model, sequences)

    def judge(self, claim: Claim, handle: ModelHandle, table: ScoreTable) -> ClaimResult:
        """Judge one claim from one model's scores."""
        sequences = self.design(claim)
        values = table.values([item.sequence for item in sequences])
        result = claim.judge(
            Scored(sequences, values, self.spec.measured),
            protocol=self.spec.protocol,
            seed=self.settings.seed,
            tolerance=handle.tolerance,
        )
        return replace(result, explanation=printable(result.explanation))

    def close(self, *, forget: bool = False) -> None:
        """Close the store if it was opened; `forget` what was for this run only."""
        if "store" not in self.__dict__:
            return
        try:
            own = any(not handle.lasting for handle in self.handles.values())
            if forget and (own or self._borrowed):
                self.store.forget(f"run:{self.settings.run_id}:")
        finally:
            self.store.close()
