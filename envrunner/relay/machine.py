"""h2's state machine, as a program that passes streams on needs it."""

from __future__ import annotations

from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes, Settings
from hpack import Encoder
from hyperframe.frame import Frame, GoAwayFrame

Headers = list[tuple[bytes, bytes]]

STREAM_WINDOW = 256 * 1024
"""So much of one stream is held in memory at most, each way."""
_CONNECTION_WINDOW = 32 * 1024 * 1024
"""And so much of one connection, which serves one environment: streams that nobody reads can hold up only its own."""
_HEADER_BYTES = 64 * 1024
_MOST_STREAMS = 4096


class _PlainEncoder(Encoder):
    """Huffman coding in Python costs more than the bytes it saves."""

    def encode(self, headers: Any, huffman: bool = False) -> bytes:  # noqa: ANN401, ARG002 the base class's signature
        return super().encode(headers, huffman=False)


class Machine(H2Connection):
    """RFC 9113 lets streams finish after a GOAWAY in either direction (§6.8); h2 would not."""

    def __init__(self, *, client: bool) -> None:
        # Headers come from a parser that has checked them already.
        config = H2Configuration(
            client_side=client,
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        super().__init__(config)
        self.encoder = _PlainEncoder()
        values = {
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingCodes.MAX_HEADER_LIST_SIZE: _HEADER_BYTES,
            SettingCodes.MAX_CONCURRENT_STREAMS: _MOST_STREAMS,
        }
        if client:
            values[SettingCodes.ENABLE_PUSH] = 0
        self.local_settings = Settings(client=client, initial_values=values)
        self.decoder.max_header_list_size = _HEADER_BYTES

    def begin(self) -> None:
        """The preface."""
        self.initiate_connection()
        self.increment_flow_control_window(_CONNECTION_WINDOW)

    def say_goodbye(self, last_stream_id: int) -> None:
        """GOAWAY(NO_ERROR), after which everything but new streams goes on."""
        frame = GoAwayFrame(0, last_stream_id=last_stream_id, error_code=int(ErrorCodes.NO_ERROR))
        self._prepare_for_sending([frame])

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[events.Event]]:
        event = events.ConnectionTerminated()
        event.error_code, event.last_stream_id = frame.error_code, frame.last_stream_id
        return [], [event]
