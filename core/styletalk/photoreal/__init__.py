# SPDX-License-Identifier: Apache-2.0
"""The photoreal pass: one photo moves with an animation."""
