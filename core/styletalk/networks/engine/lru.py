# SPDX-License-Identifier: Apache-2.0
"""Results that are kept for the next who asks, the last few of them."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LastFew(Generic[Value]):
    """At most so many values by key; the one not asked for the longest goes first. Several threads may ask."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[bytes, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes, make: Callable[[], Value]) -> Value:
        """The value of `key`, made where it is not kept. Raises what `make` raises, and keeps nothing then."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()  # without the lock: it takes long, and whoever wants another value need not wait
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
