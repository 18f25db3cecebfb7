# SPDX-License-Identifier: Apache-2.0
"""`python -m core.cli`: the command without its installation."""

import sys

from . import main

sys.exit(main())
