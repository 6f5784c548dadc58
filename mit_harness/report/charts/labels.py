"""Where the labels of points in a plane stand, so that none hides another or a point."""

import math
from collections.abc import Sequence
from typing import NamedTuple

_HIGH, _LETTER = 12.0, 6.2
"""Pixels of a line of text, and of one of its characters."""
_POINT = 5.0
"""Half the side of the square that a point takes."""
_TURNS = 16
_REACH = (12, 18, 26, 36, 50, 68, 90)
"""Pixels from a point to the middle of its label."""


class Label(NamedTuple):
    """A text, the middle of where it stands, and the point that it names; in pixels."""

    text: str
    x: float
    y: float
    at_x: float
    at_y: float

    @property
    def edge(self) -> tuple[float, float]:
        """Where a line to the point leaves the text."""
        across, down = self.at_x - self.x, self.at_y - self.y
        reach = (_wide(self.text) + 2, _HIGH / 2 + 1)
        part = min(
            1.0, *(r / abs(way) for r, way in zip(reach, (across, down), strict=True) if way)
        )
        return self.x + part * across, self.y + part * down

    @property
    def far(self) -> bool:
        """Whether a line has to lead to it."""
        return math.hypot(self.x - self.at_x, self.y - self.at_y) > _REACH[1] + _wide(self.text)


Box = tuple[float, float, float, float]


def _wide(text: str) -> float:
    """Return half the width of a text."""
    return _LETTER * len(text) / 2


def placed(
    points: Sequence[tuple[float, float, str]],
    width: float,
    height: float,
    lines: Sequence[Box] = (),
) -> list[Label]:
    """Return a place for each text, near its point, inside (0, 0) to (width, height).

    Each takes the nearest of 112 places that is free of points, of earlier labels and of `lines`
    (boxes, too); where none is, the one that covers the least, a line counting a tenth.
    """
    taken: list[Box] = [(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y, _ in points]
    made = []
    for x, y, text in points:
        best = min(
            (_cost(box, taken, lines, (width, height)), order, box)
            for order, box in enumerate(_around(x, y, text))
        )[2]
        taken.append(best)
        made.append(Label(text, (best[0] + best[2]) / 2, (best[1] + best[3]) / 2, x, y))
    return made


def _around(x: float, y: float, text: str) -> list[Box]:
    boxes = []
    for reach in _REACH:
        for turn in range(_TURNS):
            angle = 2 * math.pi * (turn + 2) / _TURNS  # first, up and to the right
            # An ellipse: a wide text beside its point stands further off than one above it.
            cx = x + math.cos(angle) * (reach + max(0.0, _wide(text) - 6))
            cy = y - math.sin(angle) * reach
            wide, high = _wide(text), _HIGH / 2
            boxes.append((cx - wide, cy - high, cx + wide, cy + high))
    return boxes


def _cost(box: Box, taken: Sequence[Box], lines: Sequence[Box], size: tuple[float, float]) -> int:
    outside = box[0] < 0 or box[1] < 0 or box[2] > size[0] or box[3] > size[1]
    over = [sum(_overlap(box, other) for other in others) for others in (taken, lines)]
    return 10 * over[0] + over[1] + 1000 * outside


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers in a row, neighbours joined: ``1–6, 9``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [str(r[0]) if len(r) == 1 else f"{r[0]}\N{EN DASH}{r[-1]}" for r in runs]
    return ", ".join(parts)
