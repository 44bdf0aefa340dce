"""Speaking to the gate's local door from asyncio: many questions at once over one connection."""

import asyncio
import json
from itertools import count
from pathlib import Path


class GateAway(Exception):
    """The gate is not there, or hung up before it answered: what became of the line is unknown."""


class GateRefused(Exception):
    """The gate would not take the line; the message says why."""


class Caller:
    """One connection to the gate, opened when first needed and again after it was lost."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._names = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, object]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._opening = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None

    async def ask(self, line: str) -> dict[str, object]:
        """Send a JSON object's text without its braces; give the answer.

        Raises
        ------
        GateAway
            If the gate is not there or does not answer in time.
        GateRefused
            If the gate refuses the line.
        """
        writer = await self._connected()
        name = next(self._names)
        answer: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            writer.write(f'{{"id":{name},{line}}}\n'.encode())
            await writer.drain()
            found = await asyncio.wait_for(answer, self._timeout_s)
        except (OSError, TimeoutError) as fault:
            raise GateAway(f"the gate does not answer: {fault!r}") from fault
        finally:
            self._waiting.pop(name, None)
        if "refused" in found:
            raise GateRefused(str(found["refused"]))
        return found

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        if self._listening is not None:
            await self._listening

    async def _connected(self) -> asyncio.StreamWriter:
        async with self._opening:
            if self._writer is None or self._writer.is_closing():
                try:
                    reader, self._writer = await asyncio.open_unix_connection(
                        self._path, limit=1 << 24
                    )
                except OSError as fault:
                    raise GateAway(f"the gate is not running: {fault}") from fault
                self._listening = asyncio.create_task(self._listen(reader, self._writer))
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while text := await reader.readline():
                found = json.loads(text)
                waiting = self._waiting.get(found["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(found)
        except OSError:
            pass
        finally:
            writer.close()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError("the gate hung up"))
