# SPDX-License-Identifier: Apache-2.0
"""The command `styletalk`: the public functions with argparse in front. One module a command.

Exit codes: 0 done, 1 failed with one sentence on stderr, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import os
import sys
import traceback
from collections.abc import Sequence

from ..errors import StyleTalkError
from .commands import make_parser
from .console import Console
from .interrupts import interrupts_outside_imports

EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Files are whole or absent whatever happens."""
    options = make_parser().parse_args(arguments)
    console = Console(as_json=options.json)
    try:
        with interrupts_outside_imports():
            options.run(options, console)
        return EXIT_DONE
    except KeyboardInterrupt:
        console.fail("Interrupted", "Stopped. No half-written file was left.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `styletalk … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except StyleTalkError as error:
        return _failed(console, error, str(error), options.traceback)
    except MemoryError as error:
        return _failed(
            console, error, "Out of memory. Close other programs or cut the sound in parts.", options.traceback
        )
    except Exception as error:
        sentence = f"Unexpected {type(error).__name__}: {error}. Run again with --traceback and report what it prints."
        return _failed(console, error, sentence, options.traceback)


def _failed(console: Console, error: Exception, sentence: str, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exc()
    console.fail(type(error).__name__, sentence)
    return EXIT_FAILED
