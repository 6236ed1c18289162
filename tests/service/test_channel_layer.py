"""The channel layer of a large installation, on real Redis."""

from __future__ import annotations

import asyncio

import redis as redis_client
from channels_redis.pubsub import RedisPubSubChannelLayer


def test_a_group_message_reaches_another_process(redis: str) -> None:
    async def main() -> object:
        here, there = RedisPubSubChannelLayer(hosts=[redis]), RedisPubSubChannelLayer(hosts=[redis])
        channel = await there.new_channel()
        await there.group_add("person.1", channel)
        await here.group_send("person.1", {"type": "conversation.stop", "reason": "erased"})
        async with asyncio.timeout(10):
            message = await there.receive(channel)
        await here.flush()
        return message

    assert asyncio.run(main()) == {"type": "conversation.stop", "reason": "erased"}


def test_group_messages_flow_again_once_redis_has_dropped_every_connection(redis: str) -> None:
    async def main() -> object:
        here, there = RedisPubSubChannelLayer(hosts=[redis]), RedisPubSubChannelLayer(hosts=[redis])
        channel = await there.new_channel()
        await there.group_add("person.1", channel)
        with redis_client.Redis.from_url(redis) as admin:
            admin.client_kill_filter(_type="pubsub")
        message: object = None
        async with asyncio.timeout(30):
            while message is None:
                await here.group_send("person.1", {"type": "conversation.stop", "reason": "erased"})
                try:  # group messages are treated as lossy: send again until one arrives
                    async with asyncio.timeout(0.5):
                        message = await there.receive(channel)
                except TimeoutError:
                    continue
        await here.flush()
        return message

    assert asyncio.run(main()) == {"type": "conversation.stop", "reason": "erased"}
