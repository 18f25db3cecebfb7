# SPDX-License-Identifier: Apache-2.0
"""What a figure was measured on: processor, threads, versions, memory."""

import importlib.metadata
import os
import platform
from pathlib import Path

from styletalk import __version__

_CPU_INFO, _MEMORY_INFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")


def machine() -> dict[str, str]:
    """Names and versions, as text."""
    import torch

    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "torch threads": str(torch.get_num_threads()),
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "system": platform.platform(),
        "python": platform.python_version(),
        "styletalk": __version__,
        **{name: _version(name) for name in ("numpy", "torch", "faster-whisper")},
    }


def processor() -> str:
    """The processor's name."""
    return _cpu_info().get("model name") or platform.processor() or platform.machine()


def available_bytes() -> float:
    """Memory that a new process could take; infinite where the system does not say."""
    if not _MEMORY_INFO.is_file():
        return float("inf")
    fields = dict(line.split(":", 1) for line in _MEMORY_INFO.read_text().splitlines() if ":" in line)
    return float(fields["MemAvailable"].split()[0]) * 1024


def _cpu_info() -> dict[str, str]:
    """The first core's entries, {} where the system has no such file."""
    if not _CPU_INFO.is_file():
        return {}
    pairs = (line.split(":", 1) for line in _CPU_INFO.read_text().split("\n\n")[0].splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
