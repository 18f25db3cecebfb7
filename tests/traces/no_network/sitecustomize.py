# SPDX-License-Identifier: Apache-2.0
"""Every Python that has this folder on PYTHONPATH is refused, and writes down, whatever would reach the network."""

import os
import sys
import traceback

EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostby")

LOOPBACK = ("127.0.0.1", "::1")
"""urllib3, which Blender imports, tries whether there is IPv6."""


def _refuse(event: str, arguments: tuple) -> None:
    if not event.startswith(EVENTS):
        return
    address = arguments[1] if len(arguments) == 2 else None
    if isinstance(address, (str, bytes)) or (event == "socket.bind" and address[0] in LOOPBACK):
        return  # a socket that is a file of this machine, or one that no other machine reaches
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(f"{event} {arguments!r}\n{''.join(traceback.format_stack(limit=12))}\n")
    raise OSError(f"There is no network here ({event}).")


sys.addaudithook(_refuse)
