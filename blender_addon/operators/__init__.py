# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: each reads the context, calls one function, and turns its errors into one sentence."""
