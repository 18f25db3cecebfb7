# SPDX-License-Identifier: Apache-2.0
"""Every Python that has this folder on PYTHONPATH is refused, and writes down, whatever would reach the network."""

import os
import sys
import traceback

EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostby")


def _refuse(event: str, arguments: tuple) -> None:
    if not event.startswith(EVENTS):
        return
    if len(arguments) == 2 and isinstance(arguments[1], (str, bytes)):
        return  # a socket that is a file of this machine
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(f"{event} {arguments!r}\n{''.join(traceback.format_stack(limit=12))}\n")
    raise OSError(f"There is no network here ({event}).")


sys.addaudithook(_refuse)
