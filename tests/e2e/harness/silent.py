"""An address where nobody answers, not even to say so."""

from __future__ import annotations

import socket


class SilentPort:
    """An address whose queue of connections is full: what is sent to it is dropped, as where a region has gone."""

    def __init__(self, port: int = 0) -> None:
        self._sockets = [socket.socket()]
        listener = self._sockets[0]
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            self._sockets.append(filler)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._sockets[0].getsockname()[1]}/v1"

    def close(self) -> None:
        for each in self._sockets:
            each.close()
