# SPDX-License-Identifier: Apache-2.0
"""The commands that only this package brings: `styletalk train|evaluate|bench|manifest`."""
