"""Everything that can go wrong in the speech worker, as one tree.

    WorkerError
    +-- BadAddress        the socket's address can't be used
    +-- EngineMissing     the engine can't run here
    +-- SynthesisFailed   the engine gave up on a text
    `-- ClientError       has a ``code`` that is sent to the client
        +-- BadFrame      what came isn't an event; where the next one begins is unknown: the end of it
        `-- BadRequest    an event that asks for what can't be done; the connection goes on

None of them ever carries a text that was to be spoken.
"""

from __future__ import annotations


class WorkerError(Exception):
    """The root. Its text says what happened and what to do about it."""


class BadAddress(WorkerError):
    pass


class EngineMissing(WorkerError):
    pass


class SynthesisFailed(WorkerError):
    pass


class ClientError(WorkerError):
    """Becomes an ``error`` event."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


class BadFrame(ClientError):
    pass


class BadRequest(ClientError):
    pass
