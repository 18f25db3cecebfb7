# SPDX-License-Identifier: Apache-2.0
"""How the open face is made: the steps behind scripts/build_open_face.py."""
