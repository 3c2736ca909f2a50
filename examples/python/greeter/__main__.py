"""Serve the example: PORT and HOST say where, RESTATE_IDENTITY_KEYS (comma-separated) who may call."""

import asyncio
import os
import signal

import restate
from hypercorn.asyncio import serve
from hypercorn.config import Config

from greeter.services import greeter, visitors


async def told_to_stop() -> None:
    """Return at SIGTERM or Ctrl-C.

    The SDK takes SIGTERM for itself when it starts, and so hides it from hypercorn; this runs later and takes it back.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def main() -> None:
    identity_keys = [key for key in os.environ.get("RESTATE_IDENTITY_KEYS", "").split(",") if key]
    config = Config()
    config.bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '9080')}"]
    app = restate.app([greeter, visitors], identity_keys=identity_keys or None)
    await serve(app, config, shutdown_trigger=told_to_stop)


if __name__ == "__main__":
    asyncio.run(main())
