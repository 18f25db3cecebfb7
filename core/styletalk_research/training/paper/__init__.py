# SPDX-License-Identifier: Apache-2.0
"""Training as the paper describes it: five objectives, two discriminators trained first, one trained along."""
