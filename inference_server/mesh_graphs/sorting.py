"""The order in which numpy up to 1.24 sorted equal numbers.

Which vertices are matched first, and with it a trained network's graphs, hang on how ties were ordered when it was
trained. Today's numpy orders them otherwise, and not alike on every processor.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHORT = 15
"""Parts whose ends are no further apart are sorted by insertion."""


def quicksort_order(values: ArrayLike) -> NDArray[np.int64]:
    """`argsort(kind="quicksort")` of values (N,) as numpy <= 1.24 did it without vector instructions.

    A quicksort (Hoare 1962) around the median of three that leaves a part which has been split too often to a heap
    sort (Musser 1997, "Introspective sorting and selection algorithms"). It is not stable.
    """
    keys: list[float] = np.asarray(values, dtype=np.float64).tolist()
    order = list(range(len(keys)))
    waiting = [(0, len(keys) - 1, 2 * (len(keys).bit_length() - 1))]
    while waiting:
        low, high, splits_left = waiting.pop()
        if splits_left < 0:
            _heap_sort(keys, order, low, high)
            continue
        while high - low > SHORT:
            middle = _split(keys, order, low, high)
            splits_left -= 1
            # the longer part waits
            if middle - low < high - middle:
                waiting.append((middle + 1, high, splits_left))
                high = middle - 1
            else:
                waiting.append((low, middle - 1, splits_left))
                low = middle + 1
        _insertion_sort(keys, order, low, high)
    return np.array(order, dtype=np.int64)


def _split(keys: list[float], order: list[int], low: int, high: int) -> int:
    """Parts order[low : high + 1] around the median of its first, middle and last; returns where that comes to lie."""

    def swap(first: int, second: int) -> None:
        order[first], order[second] = order[second], order[first]

    middle = low + (high - low) // 2
    for upper, lower in ((middle, low), (high, middle), (middle, low)):
        if keys[order[upper]] < keys[order[lower]]:
            swap(upper, lower)
    pivot = keys[order[middle]]
    left, right = low, high - 1
    swap(middle, right)
    while True:
        left += 1
        while keys[order[left]] < pivot:
            left += 1
        right -= 1
        while pivot < keys[order[right]]:
            right -= 1
        if left >= right:
            swap(left, high - 1)
            return left
        swap(left, right)


def _insertion_sort(keys: list[float], order: list[int], low: int, high: int) -> None:
    for start in range(low + 1, high + 1):
        moved, place = order[start], start
        while place > low and keys[moved] < keys[order[place - 1]]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = moved


def _heap_sort(keys: list[float], order: list[int], low: int, high: int) -> None:
    """With the largest at the root (Williams 1964); the children of node n are 2 n and 2 n + 1, counted from 1."""
    heap = order[low : high + 1]

    def sink(moved: int, node: int, size: int) -> None:
        """Puts `moved` at `node` or as far below it as it is smaller than a child."""
        while (child := 2 * node) <= size:
            if child < size and keys[heap[child - 1]] < keys[heap[child]]:
                child += 1
            if not keys[moved] < keys[heap[child - 1]]:
                break
            heap[node - 1] = heap[child - 1]
            node = child
        heap[node - 1] = moved

    for node in range(len(heap) // 2, 0, -1):
        sink(heap[node - 1], node, len(heap))
    for size in range(len(heap) - 1, 0, -1):
        last, heap[size] = heap[size], heap[0]
        sink(last, 1, size)
    order[low : high + 1] = heap
