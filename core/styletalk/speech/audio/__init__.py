# SPDX-License-Identifier: Apache-2.0
"""Sound files of any kind, and a long sound in chunks."""
