# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on their way: the protocol, the child process, the queue with its one warm worker. Knows no Blender."""
