# SPDX-License-Identifier: Apache-2.0
"""How array libraries report that memory ran out."""

_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is the out-of-memory error of NumPy, torch, CUDA or its libraries: by type or by its words."""
    # By the type's name, because this runs without torch too.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return not kinds.isdisjoint({"MemoryError", "OutOfMemoryError"}) or any(word in str(error) for word in _WORDS)
