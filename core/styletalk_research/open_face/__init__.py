# SPDX-License-Identifier: Apache-2.0
"""How the open face is made: `python -m styletalk_research.open_face --help`."""
