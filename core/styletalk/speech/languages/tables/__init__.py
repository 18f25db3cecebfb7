# SPDX-License-Identifier: Apache-2.0
"""One table for each language, named by its code."""
