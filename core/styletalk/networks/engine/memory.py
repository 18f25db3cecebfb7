# SPDX-License-Identifier: Apache-2.0
"""How an array library says that memory did not suffice."""

_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Torch has a type for CUDA's own; the CPU's allocator and CUDA's libraries say it in words, NumPy by a type."""
    # By name: this runs without torch too.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return not kinds.isdisjoint({"MemoryError", "OutOfMemoryError"}) or any(word in str(error) for word in _WORDS)
