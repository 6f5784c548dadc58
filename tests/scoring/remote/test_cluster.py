"""Finding a cluster, without Ray: who answers, and how many actors there is room for."""

import socket
import threading
import time

import pytest

from mit_harness.errors import EngineError
from mit_harness.scoring.remote import cluster
from mit_harness.scoring.remote.cluster import knock, room


def node(alive=True, **resources):
    return {"Alive": alive, "Resources": resources}


@pytest.mark.parametrize(
    ("nodes", "device", "cpus", "expected"),
    [
        ([node(CPU=2.0)], None, 1, (2, 0)),
        ([node(CPU=7.0), node(CPU=3.0)], None, 2, (4, 0)),
        ([node(CPU=7.0), node(alive=False, CPU=8.0)], None, 4, (1, 0)),
        ([node(CPU=16.0, GPU=4.0)], None, 1, (4, 1)),
        ([node(CPU=16.0, GPU=4.0), node(CPU=8.0)], "cuda", 4, (4, 1)),
        ([node(CPU=2.0, GPU=4.0)], None, 1, (2, 1)),
        ([node(CPU=16.0, GPU=4.0)], "cpu", 4, (4, 0)),
        ([node(memory=1.0)], None, 1, (0, 0)),
    ],
)
def test_one_actor_for_each_gpu_or_for_so_many_cpus(nodes, device, cpus, expected):
    assert room(nodes, device, cpus) == expected


@pytest.fixture
def server():
    """A server that answers whoever connects with the bytes that a test sets, or nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = []

        def serve():
            there, _ = listening.accept()
            with there:
                there.recv(100)
                there.sendall(b"".join(answer))
                time.sleep(0.2)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", answer
        thread.join(timeout=5)


def test_what_speaks_rays_protocol_is_let_through(server):
    address, answer = server
    answer.append(b"\x00\x00\x12\x04\x00")
    knock(address)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n", b""])
def test_something_else_that_answers_is_refused(server, said, monkeypatch):
    monkeypatch.setattr(cluster, "KNOCK_S", 0.1)
    address, answer = server
    answer.append(said)
    with pytest.raises(EngineError, match=f"no Ray cluster at RAY_ADDRESS={address}"):
        knock(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1:1", "refused"),
        ("ray://127.0.0.1:1", "refused"),
        ("wrong", "it is neither HOST:PORT nor auto nor local"),
        ("127.0.0.1:" + "9" * 30, ""),
        ("no-such-host.invalid:6379", ""),
    ],
)
def test_a_cluster_that_is_not_there_is_one_sentence(address, why):
    with pytest.raises(EngineError) as caught:
        knock(address)
    text = str(caught.value)
    assert text.startswith(f"no Ray cluster at RAY_ADDRESS={address} (")
    assert why in text
    assert text.endswith("or unset RAY_ADDRESS to use this machine alone")


def test_auto_is_left_to_ray():
    knock("auto")
