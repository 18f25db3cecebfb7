# SPDX-License-Identifier: Apache-2.0
"""The command `styletalk`: the public functions with argparse in front. One module a command.

Exit codes: 0 done, 1 failed with one sentence on stderr, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from ..errors import OUT_OF_MEMORY, StyleTalkError, one_line
from ..files.writing import check_not_read
from .commands import make_parser
from .console import Console
from .interrupts import interrupts_outside_imports

EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Files are whole or absent whatever happens."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files need not be text
    options = make_parser().parse_args(arguments)
    console = Console(as_json=options.json)
    try:
        with interrupts_outside_imports():
            _check_output(options)
            options.run(options, console)
        return EXIT_DONE
    except KeyboardInterrupt as interrupt:
        console.fail("Interrupted", str(interrupt) or "Stopped. No half-written file was left.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `styletalk … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except StyleTalkError as error:
        return _failed(console, error, str(error), options.traceback)
    except MemoryError as error:
        return _failed(console, error, OUT_OF_MEMORY, options.traceback)
    except ModuleNotFoundError as error:  # of a part that is installed on demand, such as `train`
        sentence = f"This needs the Python package {error.name}. Install it with `pip install {error.name}`."
        if str(error.name).startswith(__name__.partition(".")[0]):
            sentence = f"The module {error.name} is missing. Install StyleTalk again."
        return _failed(console, error, sentence, options.traceback)
    except Exception as error:
        sentence = f"Unexpected {type(error).__name__}: {error}. Run again with --traceback and report what it prints."
        return _failed(console, error, sentence, options.traceback)


def _check_output(options: argparse.Namespace) -> None:
    """Raises OutputError where a command would write over one of the files that it is given to read."""
    values = vars(options)
    if isinstance(output := values.get("output"), Path):
        check_not_read(output, [value for name, value in values.items() if name != "output"])


def _failed(console: Console, error: Exception, sentence: str, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exc()
    console.fail(type(error).__name__, one_line(sentence))
    return EXIT_FAILED
