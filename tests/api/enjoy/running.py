"""The API as a process of its own, for tests that kill it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Running:
    """Hold a process that serves, and a client of its Enjoy."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def api_process(database_url: str, secret: str) -> AsyncIterator[Running]:
    """Serve for the time of a block."""
    settings = {"SOMEL_DATABASE_URL": database_url, "SOMEL_MQTT_URL": "mqtt://127.0.0.1:1", "SOMEL_API_PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "somel", "api", stdout=asyncio.subprocess.PIPE, env={**os.environ, **settings}
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        address = (await process.stdout.readline()).decode().strip()
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        async with httpx.AsyncClient(base_url=f"{address.rstrip('/')}/enjoy", headers=headers, timeout=60) as client:
            yield Running(process, client)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
