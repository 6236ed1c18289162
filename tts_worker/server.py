"""The listening socket and its connections."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tts_worker.address import Address, clear_stale_socket
from tts_worker.connection import Connection
from tts_worker.frames import MAX_HEADER_BYTES
from tts_worker.speaker import Speaker

MAX_CONNECTIONS = 256
"""A connection is one reply under way; one more gets the error ``server_busy``."""


class Server:
    """Listens from ``start`` to ``close``."""

    def __init__(self, address: Address, speaker: Speaker) -> None:
        self._address = address
        self._speaker = speaker
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def start(self) -> Address:
        """Begin to listen; the address with the real port. Raises BadAddress or OSError."""
        if self._address.path:
            await self._start_unix(self._address.path)
            return self._address
        self._server = await asyncio.start_server(
            self._accept, self._address.host, self._address.port, limit=MAX_HEADER_BYTES
        )
        return Address(host=self._address.host, port=self._server.sockets[0].getsockname()[1])

    async def _start_unix(self, path: str) -> None:
        clear_stale_socket(Path(path))
        mask = os.umask(0o177)  # the socket is for this user alone
        try:
            self._server = await asyncio.start_unix_server(self._accept, path, limit=MAX_HEADER_BYTES)
        finally:
            os.umask(mask)
        self._inode = _inode(path)

    async def close(self) -> None:
        """Stop listening, cut every connection, remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        self._remove_socket()

    def _remove_socket(self) -> None:
        """Unless another server has put its own in its place meanwhile."""
        path = Path(self._address.path) if self._address.path else None
        if path is not None and path.exists() and _inode(str(path)) == self._inode:
            path.unlink()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._speaker)
        if len(self._connections) >= MAX_CONNECTIONS:
            work = connection.refuse("server_busy", "Every connection is taken.")
        else:
            work = connection.run()
        task = asyncio.get_running_loop().create_task(work)
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)


def _inode(path: str) -> int:
    return Path(path).stat().st_ino
