# SPDX-License-Identifier: Apache-2.0
"""How well it works, in figures: systems, baselines, controls, the report. Nothing imports this at run time."""
