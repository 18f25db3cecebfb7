# SPDX-License-Identifier: Apache-2.0
"""How well it works, in figures: yardsticks, agreement of labels, the report. Nothing imports this at run time."""
