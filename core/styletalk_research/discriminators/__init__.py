# SPDX-License-Identifier: Apache-2.0
"""The paper's three discriminators, on which its training and the evaluation of lip sync both stand (section 3)."""
