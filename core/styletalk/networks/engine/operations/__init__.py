# SPDX-License-Identifier: Apache-2.0
"""The few array operations that the fast path is written in (`protocol`), with NumPy, with torch, and counted.

Nothing is imported here: torch is not needed for NumPy's.
"""
