"""All that knows Ray: finding a cluster or starting one here, and actors on it."""

import os
import socket
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mit_harness.errors import EngineError, InputError, ModelError, printable
from mit_harness.scoring.remote.dispatch import LostActor
from mit_harness.scoring.remote.work import Recipe, Reply, Scorer

ADDRESS = "RAY_ADDRESS"
"""The environment variable that names an existing cluster."""

KNOCK_S = 5.0
"""Seconds in which a cluster has to answer."""

OBJECT_STORE_BYTES = 100_000_000
"""Of a cluster started here: batches in flight are a few hundred kB each."""

# What an HTTP/2 server, so also Ray's, answers with settings: the preface and empty settings.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


def check_installed() -> None:
    """Raise unless Ray is there; it is not imported.

    Raises
    ------
    InputError
        With the command that installs it.
    """
    if find_spec("ray") is None:
        raise InputError("the engine 'ray' needs Ray: pip install 'mit-harness[ray]'")


@contextmanager
def cluster(device: str | None = None, cpus: int = 1) -> "Iterator[RayPool]":
    """Connect to the cluster that RAY_ADDRESS names, or start one on this machine.

    One that this process is connected to already is taken, and left connected; what is started
    here is shut down at the end of the block. What is printed to standard output within it goes
    nowhere.

    Parameters
    ----------
    device
        Of neural models: with ``cpu`` or ``mps`` no GPU is asked for.
    cpus
        CPUs of one actor.

    Raises
    ------
    InputError
        If Ray is not installed.
    EngineError
        If there is no such cluster, or none of its machines has room for an actor.
    """
    check_installed()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    ours = "ray" not in sys.modules or not sys.modules["ray"].is_initialized()
    address = os.environ.get(ADDRESS, "").strip()
    if ours and address:
        knock(address)
    import ray

    # Ray prints the end of a node to standard output, where a table may be going.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        if ours:
            _connect(ray, address)
        try:
            yield RayPool(ray, device, cpus)
        finally:
            if ours:
                ray.shutdown()


def _connect(ray: Any, address: str) -> None:  # noqa: ANN401 - Ray has no types when it is absent
    here = {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    try:
        ray.init(
            address=address or "local",
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level="ERROR",
            **({} if address else here),
        )
    except (Exception, SystemExit) as error:  # Ray ends the process where a server says nothing
        ray.shutdown()
        if address:
            raise _no_cluster(address, _first_line(error)) from error
        raise EngineError(f"Ray cannot be started on this machine: {_first_line(error)}") from error


def knock(address: str) -> None:
    """Raise where nothing answers: Ray itself tries for two minutes and then ends the process.

    Raises
    ------
    EngineError
        If nothing answers within `KNOCK_S`, or something else than Ray.
    """
    if address in ("auto", "local"):
        return
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        raise _no_cluster(address, "it is neither HOST:PORT nor auto nor local")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S) as there:
            if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
                return
            there.settimeout(KNOCK_S)
            there.sendall(_HELLO)
            if there.recv(4)[3:] != b"\x04":
                raise _no_cluster(address, "something else than Ray answers there")
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, _first_line(error)) from error


def _no_cluster(address: str, why: str) -> EngineError:
    return EngineError(
        f"no Ray cluster at {ADDRESS}={address} ({why}); start one with `ray start --head`, or "
        f"unset {ADDRESS} to use this machine alone"
    )


def _first_line(error: BaseException) -> str:
    text = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return printable(text).rstrip(".")[:200]


def room(nodes: Sequence[Mapping[str, Any]], device: str | None, cpus: int) -> tuple[int, int]:
    """Return how many actors nodes have room for, and how many GPUs (0 or 1) each takes."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    by_cpu = [int(has.get("CPU", 0) // cpus) for has in alive]
    by_gpu = [min(int(has.get("GPU", 0)), n) for has, n in zip(alive, by_cpu, strict=True)]
    if sum(by_gpu) and (device is None or device.startswith("cuda")):
        return sum(by_gpu), 1
    return sum(by_cpu), 0


class RayPool:
    """Actors of a cluster: one for each GPU, or for each `cpus` CPUs where there is none.

    Attributes
    ----------
    size
        How many there is room for, other people's work not counted.
    """

    def __init__(self, ray: Any, device: str | None, cpus: int) -> None:  # noqa: ANN401 - as above
        self._ray = ray
        self.size, gpus = room(ray.nodes(), device, cpus)
        if not self.size:
            raise EngineError(
                f"no machine of the Ray cluster has the {cpus} CPUs that an actor needs"
            )
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(cpus))
        self._scorer = ray.remote(Scorer).options(
            num_cpus=cpus, num_gpus=gpus, max_restarts=0, runtime_env={"env_vars": threads}
        )

    def start(self) -> "RayActor":
        """Start an actor that looks for files and modules where this process does."""
        here = os.getcwd()  # noqa: PTH109 - text
        path = [entry or here for entry in sys.path]
        return RayActor(self._ray, self._scorer.remote(here, path))

    def wait(self, tickets: Sequence[Hashable], timeout_s: float) -> list[Hashable]:
        """Return the tickets that are done, once there is one, or none after some time."""
        done, _ = self._ray.wait(list(tickets), num_returns=1, timeout=timeout_s)
        return list(done)

    def answer(self, ticket: Hashable) -> Reply | None:
        """Return the answer to a ticket that is done.

        Raises
        ------
        LostActor
            If the actor, its process or its node is gone.
        """
        try:
            reply: Reply | None = self._ray.get(ticket)
        except self._ray.exceptions.RayTaskError as error:  # raised in the actor, not by its end
            return ModelError(f"scoring failed in a Ray actor: {_first_line(error.cause)}")
        except self._ray.exceptions.RayError as error:
            raise LostActor(_first_line(error)) from error
        return reply


@dataclass(frozen=True)
class RayActor:
    """One actor; see `mit_harness.scoring.remote.dispatch.Actor`."""

    ray: Any
    handle: Any

    def ready(self) -> Hashable:
        """Return a ticket that is done once the process has begun."""
        return _ticket(self.handle.ready.remote())

    def work(self, recipe: Recipe, batch: list[str] | None) -> Hashable:
        """Return a ticket for the scores of a batch, or the noise floor."""
        return _ticket(self.handle.work.remote(recipe, batch))

    def stop(self) -> None:
        """End the process; the system takes back what the model held."""
        self.ray.kill(self.handle)


def _ticket(reference: Any) -> Hashable:  # noqa: ANN401 - as above
    ticket: Hashable = reference
    return ticket
