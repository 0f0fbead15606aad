"""Redis as the broker: kombu's own transport, by a channel that says so when its connection is lost.

A worker that loses its broker while a task is under way gives the message back, and acknowledges it when the task ends,
by a channel that is closed by then. kombu 5.7 looks for the address of its server there, finds nothing, and the worker
ends with an AttributeError; a lost connection it would have survived (tests/drills/test_broker.py).
"""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    def _get_pool(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("the channel is closed")
        return super()._get_pool(asynchronous=asynchronous)


class Transport(redis.Transport):
    Channel = Channel
