"""The token budget: it grows while that pays, and halves without losing or repeating a row."""

import numpy as np
import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.batching import Batcher, is_out_of_memory

LENGTH = 100


class Machine:
    """Takes its time by batch size, lacks memory above `room` rows, and remembers every row."""

    def __init__(self, seconds=lambda rows: 1e-3 + 1e-5 * rows, room=10**9, error=RuntimeError):
        self.seconds, self.room, self.error = seconds, room, error
        self.now, self.done, self.sizes, self.refused, self.released = 0.0, [], [], [], 0

    def clock(self):
        return self.now

    def release(self):
        self.released += 1

    def step(self, batch):
        rows = np.arange(batch.start, batch.stop)
        if len(rows) > self.room:
            self.refused.append(len(rows))
            raise self.error("CUDA out of memory. Tried to allocate 20.00 GiB.\nMore")
        self.now += self.seconds(len(rows))
        self.sizes.append(len(rows))
        self.done.extend(rows)
        return rows * 0.5


def batcher(machine, **options):
    options = {"budget": 200, "most": 100_000, **options}
    return Batcher(release=machine.release, clock=machine.clock, **options)


def test_every_row_is_scored_once_and_stands_in_its_place():
    machine = Machine()
    found = batcher(machine).run(5000, LENGTH, machine.step)
    np.testing.assert_array_equal(found, np.arange(5000) * 0.5)
    assert machine.done == list(range(5000))


def test_the_budget_doubles_while_throughput_improves():
    machine = Machine()
    made = batcher(machine)
    made.run(5000, LENGTH, machine.step)
    assert machine.sizes[:9] == [2, 2, 2, 4, 4, 4, 8, 8, 8]
    assert made.budget > 20_000


def test_it_settles_on_the_best_size_seen():
    # Rows per second peak at 16: beyond, the cache is full.
    machine = Machine(lambda rows: 1e-3 + 1e-4 * rows + 1e-5 * max(0, rows - 16) ** 2)
    made = batcher(machine)
    made.run(3000, LENGTH, machine.step)
    assert made.settled
    assert made.budget == 1600
    assert max(machine.sizes) <= 64  # two sizes beyond, and no further


def test_a_size_that_is_far_worse_ends_the_search():
    machine = Machine(lambda rows: 1e-3 * rows + (1e-3 * rows if rows > 4 else 1e-4))
    made = batcher(machine)
    made.run(300, LENGTH, machine.step)
    assert made.settled
    assert made.budget == 400
    assert max(machine.sizes) == 8  # half as fast: 16 is not tried


def test_a_slow_batch_now_and_then_does_not_stop_it():
    slow = iter([1, 50, 1, 1, 1, 50] * 10_000)
    machine = Machine(lambda rows: (1e-3 + 1e-5 * rows) * next(slow))
    made = batcher(machine)
    made.run(5000, LENGTH, machine.step)
    assert made.budget > 10_000


def test_what_was_learned_is_kept_between_calls_and_partial_batches_teach_nothing():
    machine = Machine()
    made = batcher(machine, budget=1600)
    for _ in range(50):
        made.run(3, LENGTH, machine.step)
    assert made.budget == 1600
    made.run(3000, LENGTH, machine.step)
    grown, first = made.budget, len(machine.sizes)
    assert grown > 1600
    made.run(3000, LENGTH, machine.step)
    assert machine.sizes[first] == min(3000, grown // LENGTH)


def test_the_most_is_never_exceeded_but_for_one_long_row():
    machine = Machine()
    made = batcher(machine, budget=10**6, most=1000)
    made.run(300, LENGTH, machine.step)
    assert max(machine.sizes) == 10
    made.run(3, 5000, machine.step)
    assert machine.sizes[-3:] == [1, 1, 1]


def test_a_call_can_allow_less_and_the_next_one_more():
    machine = Machine()
    made = batcher(machine, budget=1600)
    made.run(300, LENGTH, machine.step, most=500)
    assert max(machine.sizes) == 5
    made.run(3, 5000, machine.step, most=500)
    assert machine.sizes[-3:] == [1, 1, 1]
    made.run(32, LENGTH, machine.step)
    assert max(machine.sizes) == 16


def test_a_size_that_takes_long_is_measured_once():
    machine = Machine(lambda rows: 0.1 + rows)
    batcher(machine).run(40, LENGTH, machine.step)
    assert machine.sizes == [2, 4, 8, 16, 4, 4, 2]  # beyond 4 it is less than 2%


@pytest.mark.parametrize("error", [RuntimeError, MemoryError])
@pytest.mark.parametrize("room", [1, 3, 20, 100])
def test_a_lack_of_memory_loses_and_repeats_nothing(room, error):
    machine = Machine(room=room, error=error)
    made = batcher(machine, budget=6400)
    found = made.run(1000, LENGTH, machine.step)
    np.testing.assert_array_equal(found, np.arange(1000) * 0.5)
    assert machine.done == list(range(1000))
    assert max(machine.sizes) <= room
    assert len(machine.refused) <= 7  # halved each time, and never grown to fail again
    assert machine.released == len(machine.refused)
    assert made.settled
    assert made.budget <= max(room, 1) * LENGTH


def test_a_size_that_was_only_tried_falls_back_to_the_best():
    machine = Machine(lambda rows: 1e-3 * rows, room=3)  # no gain from larger batches
    made = batcher(machine)
    made.run(100, LENGTH, machine.step)
    assert machine.refused == [4]
    assert made.budget == 200


def test_a_single_row_that_does_not_fit_is_an_error_with_sizes():
    machine = Machine(room=0)
    with pytest.raises(ModelError, match=r"one row of 100 tokens .*Tried to allocate 20.00 GiB"):
        batcher(machine).run(4, LENGTH, machine.step)
    assert machine.refused == [2, 1]


def test_other_errors_are_not_swallowed():
    def step(batch):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        Batcher().run(4, LENGTH, step)


def test_no_rows_are_no_work():
    assert Batcher().run(0, LENGTH, pytest.fail).shape == (0,)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_a_lack_of_memory(error, expected):
    assert is_out_of_memory(error) is expected


def test_torch_raises_what_is_caught():
    torch = pytest.importorskip("torch", reason="neural models need torch")
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**56, dtype=torch.float64)
    assert is_out_of_memory(caught.value), str(caught.value)
