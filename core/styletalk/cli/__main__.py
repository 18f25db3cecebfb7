# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk.cli`: the command without its installation."""

import sys

from . import main

sys.exit(main())
