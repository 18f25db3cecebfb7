# SPDX-License-Identifier: Apache-2.0
"""`styletalk bench`: how fast the networks are beside the published formulation, and in how much memory.

published.py   the yardstick: the paper's formulation, written out
speech.py      labels with as many repeated windows as real speech has
speed.py       yardstick and engines in turn (turns.py), in one process
matrix_rate.py what the machine allows
memory.py      peak memory of a minute and of an hour, each in a process of its own
waiting.py     start-up, and the stages of `styletalk animate`, as a user's process spends them
machine.py     versions, threads, processor; report.py table and JSON
"""
