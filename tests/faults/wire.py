"""A wire to the store that can be cut at a chosen command: real connections to the real server, no stand-in."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import bson

from service.store.embedded import Running

_OF_THE_DRIVER = frozenset({"hello", "isMaster", "ismaster", "saslStart", "saslContinue", "ping", "endSessions"})
_MESSAGE = 2013


class Wire:
    """Passes on what is sent. `cut` is asked before each command and may say that the wire ends here.

    "before": the command never arrives. "after": it arrives and is done, and its answer is lost.
    The wire stays cut until `mend`.
    """

    def __init__(self, running: Running) -> None:
        self._target = ("127.0.0.1", running.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.running = replace(running, port=self._listening.getsockname()[1])
        self.cut: Callable[[str], str] = lambda _command: ""
        self.lost: Callable[[], object] = lambda: None
        """Called when an answer was lost, before anybody is told."""
        self._gone = threading.Event()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, command: str, when: str, *, stay: bool) -> None:
        """End at the next such command; with `stay` until `mend`, else for that one connection."""

        def cut(name: str) -> str:
            if name != command:
                return ""
            self.cut = lambda _name: ""
            return when if stay else f"{when} once"

        self.cut = cut

    def after(self, count: int) -> None:
        """End after so many more commands."""
        left = [count]

        def cut(_name: str) -> str:
            left[0] -= 1
            return "before" if left[0] < 0 else ""

        self.cut = cut

    def mend(self) -> None:
        self.cut = lambda _command: ""
        self._gone.clear()

    def close(self) -> None:
        self._gone.set()
        self._listening.close()
        self._drop()

    def _drop(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near = self._listening.accept()[0]
            except OSError:
                return
            if self._gone.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:  # the server is being restarted
                near.close()
                continue
            self._open |= {near, far}
            lost = threading.Event()
            threading.Thread(target=self._requests, args=(near, far, lost), daemon=True).start()
            threading.Thread(target=self._answers, args=(far, near, lost), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket, lost: threading.Event) -> None:
        while (message := _message(near)) is not None:
            name = _command(message)
            ends = self.cut(name) if name and name not in _OF_THE_DRIVER else ""
            if ends.startswith("after"):
                lost.set()
            if not ends.startswith("before"):
                with suppress(OSError):
                    far.sendall(message)
            if ends and not ends.endswith("once"):
                self._gone.set()
            if ends.startswith("before"):
                break
        self._end(near, far) if not lost.is_set() else None
        if self._gone.is_set() and not lost.is_set():
            self._drop()

    def _answers(self, far: socket.socket, near: socket.socket, lost: threading.Event) -> None:
        while (message := _message(far)) is not None and not lost.is_set():
            with suppress(OSError):
                near.sendall(message)
        if lost.is_set():
            self.lost()
        self._end(near, far)
        if self._gone.is_set():
            self._drop()

    def _end(self, *both: socket.socket) -> None:
        for one in both:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)


def _message(source: socket.socket) -> bytes | None:
    """One whole message of MongoDB's protocol."""
    with suppress(OSError):
        head = _exactly(source, 4)
        return head + _exactly(source, int.from_bytes(head, "little") - 4)
    return None


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            raise OSError("closed")
        found += part
    return found


def _command(message: bytes) -> str:
    """The command's name, the first key of the message's document."""
    if int.from_bytes(message[12:16], "little") != _MESSAGE:
        return ""
    size = int.from_bytes(message[21:25], "little")
    return next(iter(bson.decode(message[21 : 21 + size])))
