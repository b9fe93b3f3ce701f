"""What lies between a gateway and its database and can fall silent: nothing is refused or closed, nothing passed on.
What was connected before stays so, as where a box between has forgotten it."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

from .postgres import PASSWORD, Server

PIECE_BYTES = 64 << 10


class SilentWay:
    """From a port of this machine to a server's socket."""

    def __init__(self, server: Server) -> None:
        self._socket_path = server.socket_path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._carries = threading.Event()
        self._carries.set()
        self._silences = 0
        #: Whatever is here is not closed.
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, answer_wait_s: int) -> str:
        port = self._listener.getsockname()[1]
        return f"postgres://me:{PASSWORD}@127.0.0.1:{port}/postgres?sslmode=disable&answer_wait_s={answer_wait_s}"

    def fall_silent(self) -> None:
        self._carries.clear()
        self._silences += 1

    def carry_again(self) -> None:
        """New connections, that is."""
        self._carries.set()

    def __enter__(self) -> SilentWay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._carries.set()
        for each in (self._listener, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._open.append(near)
        self._carries.wait()
        begun, far = self._silences, socket.socket(socket.AF_UNIX)
        self._open.append(far)
        try:
            far.connect(self._socket_path)
        except OSError:
            # The server is gone; whoever asks for it learns of that.
            near.close()
            return
        threading.Thread(target=self._pass_on, args=(far, near, begun), daemon=True).start()
        self._pass_on(near, far, begun)

    def _pass_on(self, source: socket.socket, target: socket.socket, begun: int) -> None:
        try:
            while piece := source.recv(PIECE_BYTES):
                if self._silences != begun:
                    return
                target.sendall(piece)
            if self._silences == begun:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            return
