"""A caller that speaks HTTP/2 frame by frame: many streams on one connection, each begun and cancelled by name."""

from __future__ import annotations

import socket
import ssl
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset

from .gateway import CALLER_KEY
from .wire import PATIENCE_S

READ_BYTES = 65536


@dataclass
class Stream:
    """What has come of one answer."""

    status: int | None = None
    body: bytearray = field(default_factory=bytearray)
    has_ended: bool = False
    was_reset: bool = False


class Wire2:
    """One connection to a gateway, HTTP/2 by ALPN."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext) -> None:
        tls.set_alpn_protocols(["h2"])
        plain = socket.create_connection(address, PATIENCE_S)
        self._socket = tls.wrap_socket(plain, server_hostname="localhost")
        assert self._socket.selected_alpn_protocol() == "h2"
        self._state = H2Connection(H2Configuration(header_encoding=None))
        self.streams: dict[int, Stream] = defaultdict(Stream)
        self._state.initiate_connection()
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def begin(self, path: str, body: bytes) -> int:
        """Sends a request and returns the number of its stream."""
        number = self._state.get_next_available_stream_id()
        headers = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
        headers += [("authorization", f"Bearer {CALLER_KEY}"), ("content-type", "application/json")]
        self._state.send_headers(number, headers)
        self._state.send_data(number, body, end_stream=True)
        self._flush()
        return number

    def cancel(self, number: int) -> None:
        """Gives one answer up; the others go on."""
        self._state.reset_stream(number, ErrorCodes.CANCEL)
        self._flush()

    def read_to_the_end_of(self, numbers: list[int]) -> None:
        """Reads until all these streams have ended, one way or the other."""
        while not all(self.streams[number].has_ended or self.streams[number].was_reset for number in numbers):
            read = self._socket.recv(READ_BYTES)
            assert read, "the connection was closed with streams open"
            for event in self._state.receive_data(read):
                self._note(event)
            self._flush()

    def _note(self, event: Event) -> None:
        match event:
            case ResponseReceived():
                self.streams[event.stream_id].status = int(dict(event.headers)[b":status"])
            case DataReceived():
                self.streams[event.stream_id].body += event.data
                self._state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case StreamEnded():
                self.streams[event.stream_id].has_ended = True
            case StreamReset():
                self.streams[event.stream_id].was_reset = True

    def _flush(self) -> None:
        self._socket.sendall(self._state.data_to_send())
