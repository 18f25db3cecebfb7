# SPDX-License-Identifier: Apache-2.0
"""Many lines at once: a list of them, processes that stay warm, and a ledger that lets a stopped batch go on."""
