# SPDX-License-Identifier: Apache-2.0
"""A transcript in another language than English: which one it is, its words, and their pronunciation."""
