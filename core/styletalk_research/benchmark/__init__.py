# SPDX-License-Identifier: Apache-2.0
"""`styletalk bench`: how fast the networks are beside the published formulation, and in how much memory.

published.py    the reference: the paper's formulation, written out
speech.py       labels with as many repeated windows as real speech has
speed.py        references and engines, in one process, in turn
matrix_rate.py  what the machine allows; operation_count.py how much there is to do
memory.py       peak memory, each line in a process of its own
latency.py      start-up, and the stages of `styletalk animate`, as a user's process spends them
run.py          the parts together; machine.py versions, threads, processor; report.py table and JSON
"""
