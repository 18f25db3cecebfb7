# SPDX-License-Identifier: Apache-2.0
"""Files that say when each phoneme is spoken, and other programs' phoneme symbols."""
