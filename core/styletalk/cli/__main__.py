# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk.cli`: the command without its installation."""

import sys

from . import main

if __name__ == "__main__":  # processes of a batch import it, too
    sys.exit(main())
