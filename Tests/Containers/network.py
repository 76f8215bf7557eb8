"""Ports of this host, and what lies behind it."""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from commands import eventually, output, run


def free_port() -> int:
    """Below the kernel's ephemeral range, so that no outgoing connection sits on it when it is needed."""
    for port in random.sample(range(20000, 32000), 200):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("No free port was found between 20000 and 32000.")


class Outside:
    """What is behind this host, as the internet is: a place in the network with one port that listens."""

    address, port = "198.51.100.2", 4430
    gateway = "198.51.100.1"

    def __init__(self, name: str):
        self.name = name

    def begin(self) -> None:
        link = self.name[-15:]  # no interface's name may be longer
        output("ip", "netns", "add", self.name)
        output("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        output("ip", "address", "add", f"{self.gateway}/30", "dev", link)
        output("ip", "link", "set", link, "up")
        output("ip", "-n", self.name, "address", "add", f"{self.address}/30", "dev", "eth0")
        output("ip", "-n", self.name, "link", "set", "eth0", "up")
        output("ip", "-n", self.name, "link", "set", "lo", "up")
        output("ip", "-n", self.name, "route", "add", "default", "via", self.gateway)

    def end(self) -> None:
        """The pair of interfaces goes with it."""
        run("ip", "netns", "delete", self.name)


LISTENER = """
import socket, sys, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    server.accept()[0].close()
"""


@contextmanager
def an_outside(name: str) -> Iterator[Outside]:
    outside = Outside(name)
    listener = None
    try:
        outside.begin()
        command = ["ip", "netns", "exec", name, sys.executable, "-c", LISTENER, outside.address, str(outside.port)]
        listener = subprocess.Popen(command, stdin=subprocess.DEVNULL)

        def it_listens() -> None:
            with socket.socket() as probe:
                probe.settimeout(1)
                assert probe.connect_ex((outside.address, outside.port)) == 0, "nothing listens outside"

        eventually(it_listens, seconds=10, pause=0.1)
        yield outside
    finally:
        if listener:
            listener.kill()
            listener.wait()
        outside.end()
