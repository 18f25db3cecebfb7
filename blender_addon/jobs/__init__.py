# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's side of the worker: a message, the child process, the job. Knows no Blender."""
