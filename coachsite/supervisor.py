"""Keeps a few processes running, and ends every one of them when it ends.

Each child is the leader of its own session: Ctrl-C in a terminal reaches the supervisor alone, which then
ends the children in order (the first given ends first), each with SIGTERM, time to drain, then SIGKILL to what
is left of its group. A child that crashes is started again after a pause that grows; one that fails before it
was ever ready ends the whole start. Children die with the supervisor even when it is killed (``launch.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A child that ran this long has its next crash met with the first pause again."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartFailed(Exception):
    """A child ended, or was silent, before it was ready. The text is one line."""


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running.

    ``ready`` is awaited with the lines of its standard output and returns what to tell about it; it is called
    once per start of the process.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[asyncio.StreamReader], Awaitable[str]]
    ready_within_s: float
    drain_s: float
    """How long it may take to end after SIGTERM."""
    environment: Mapping[str, str] = field(default_factory=dict)
    listen_fd: int = -1


class Supervisor:
    """Runs its children until it is told to stop.

    ``on_ready`` is called once, when every child is ready for the first time, with what each had to tell;
    ``say`` gets one line for each crash and restart.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        on_ready: Callable[[dict[str, str]], None],
        say: Callable[[str], None],
        folder: Path,
    ) -> None:
        self._kept = [_Kept(child, say=say, folder=folder) for child in children]
        self._on_ready = on_ready
        self._say = say

    def run(self) -> None:
        """Blocks until a stop signal; then no child is left. Raises :class:`StartFailed`."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        stop = asyncio.Event()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        keepers: list[asyncio.Task[None]] = []
        stopped = asyncio.create_task(stop.wait())
        started = asyncio.create_task(self._start_all())
        try:
            await asyncio.wait({started, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if started.done():
                told = started.result()
                keepers = [asyncio.create_task(kept.keep()) for kept in self._kept]
                self._on_ready(told)
                await asyncio.wait({stopped, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First nothing may start any more, then what runs is ended.
            for task in (stopped, started, *keepers):
                task.cancel()
            await asyncio.gather(stopped, started, *keepers, return_exceptions=True)
            for kept in self._kept:
                await kept.end()

    async def _start_all(self) -> dict[str, str]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(kept.start()) for kept in self._kept]
        except* StartFailed as failures:
            raise StartFailed(str(failures.exceptions[0])) from None
        return dict(task.result() for task in tasks)


@contextlib.asynccontextmanager
async def running(child: Child, *, folder: Path) -> AsyncIterator[None]:
    """The child, ready, for as long as the block lasts; never started again. Raises :class:`StartFailed`."""
    kept = _Kept(child, say=lambda _line: None, folder=folder)
    try:
        await kept.start()
        yield
    finally:
        await kept.end()


class _Kept:
    """One child and the process that it is at the moment."""

    def __init__(self, child: Child, *, say: Callable[[str], None], folder: Path) -> None:
        self.child = child
        self._say = say
        self._folder = folder
        self._process: Process | None = None
        self._output: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, str]:
        """Starts the process and waits until it is ready: its name and what it had to tell."""
        child = self.child
        self._process = await asyncio.create_subprocess_exec(
            # -S: the launcher needs nothing that is installed, and starts sooner without looking for it.
            *(sys.executable, "-S", str(LAUNCHER), str(os.getpid()), str(child.listen_fd)),
            *child.command,
            cwd=self._folder,
            env={**os.environ, **child.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            pass_fds=(child.listen_fd,) if child.listen_fd >= 0 else (),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        told = await self._wait_until_ready(self._process, self._process.stdout)
        self._output = asyncio.create_task(_pass_on(self._process.stdout))
        return child.name, told

    async def _wait_until_ready(self, process: Process, output: asyncio.StreamReader) -> str:
        name = self.child.name
        ready = asyncio.ensure_future(self.child.ready(output))
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait(
                {ready, ended}, timeout=self.child.ready_within_s, return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done():
                raise StartFailed(f"the {name} did not start ({_how(ended.result())}); its messages are above")
            if not ready.done():
                raise StartFailed(f"the {name} was not ready within {self.child.ready_within_s:.0f} s")
            return ready.result()
        finally:
            ready.cancel()
            ended.cancel()
            await asyncio.gather(ready, ended, return_exceptions=True)

    async def keep(self) -> None:
        """Waits for the process to end and starts it again, for ever."""
        clock = asyncio.get_running_loop().time
        pause_s = FIRST_PAUSE_S
        while True:
            since = clock()
            assert self._process is not None
            code = await self._process.wait()
            self._sweep()
            if clock() - since > STEADY_S:
                pause_s = FIRST_PAUSE_S
            self._say(f"the {self.child.name} ended ({_how(code)}); starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            try:
                await self.start()
            except StartFailed as exc:
                self._say(str(exc))
                await self.end()
            else:
                self._say(f"the {self.child.name} is back")

    async def end(self) -> None:
        """SIGTERM, time to drain, SIGKILL to what is left of the group. Safe to call twice."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.child.drain_s)
        self._sweep()
        await process.wait()
        if self._output is not None:
            await asyncio.gather(self._output, return_exceptions=True)

    def _sweep(self) -> None:
        """Ends whatever the process left in its group."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


async def _pass_on(output: asyncio.StreamReader) -> None:
    """What a child prints later goes to standard error, and never fills its pipe."""
    while chunk := await output.read(65_536):
        sys.stderr.buffer.write(chunk)
        sys.stderr.flush()


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
