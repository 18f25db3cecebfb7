# SPDX-License-Identifier: Apache-2.0
"""A transcript as people type it → spoken words → their pronunciation."""
