"""What waits to be sent is bounded in number and in time."""

from __future__ import annotations

import asyncio

from tests.virtual_time import run_virtual
from voice.outbox import FRAMES_WAITING, SEND_DEADLINE_S, Frame, Outbox


class Client:
    """Reads, until it is told to stop."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.got: list[Frame] = []
        self.closed: list[int] = []
        self.stuck = 0
        self.outbox = Outbox(self.send, self.close, self.on_stuck, too_slow=4408)

    async def send(self, frame: Frame) -> None:
        await self.reads.wait()
        self.got.append(frame)

    async def close(self, code: int) -> None:
        self.closed.append(code)

    def on_stuck(self) -> None:
        self.stuck += 1


def test_frames_go_out_in_order_and_then_the_socket_closes() -> None:
    async def main() -> Client:
        client = Client()
        for frame in ("one", b"two", "three"):
            client.outbox.put(frame)
        client.outbox.shut(1000)
        client.outbox.shut(1011)
        client.outbox.put("too late")
        await asyncio.sleep(1)
        return client

    client = run_virtual(main())
    assert (client.got, client.closed, client.stuck) == (["one", b"two", "three"], [1000], 0)


def test_a_client_that_does_not_read_is_cut_off_when_too_much_waits() -> None:
    async def main() -> Client:
        client = Client()
        client.reads.clear()
        await asyncio.sleep(0)
        for number in range(FRAMES_WAITING + 10):
            client.outbox.put(str(number))
        await asyncio.sleep(1)
        return client

    client = run_virtual(main())
    assert (client.got, client.closed, client.stuck) == ([], [4408], 1)


def test_a_client_that_does_not_read_is_cut_off_after_the_deadline() -> None:
    async def main() -> tuple[Client, float]:
        client = Client()
        client.reads.clear()
        client.outbox.put("one")
        await asyncio.sleep(SEND_DEADLINE_S - 0.1)
        assert client.closed == []
        await asyncio.sleep(0.2)
        return client, asyncio.get_running_loop().time()

    client, _ = run_virtual(main())
    assert (client.got, client.closed, client.stuck) == ([], [4408], 1)
