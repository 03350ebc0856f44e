"""What the adapter that runs beside us says of itself, over its own local API."""

from typing import Any, Final

import aiohttp

from schemas.settings import Address

TIMEOUT_S: Final = 3.0


async def ask_running_adapter(listen: Address) -> dict[str, Any] | None:
    """The answer of `/readyz`; None when nobody answers there."""
    # A server that listens on every address answers on the loopback one.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104
    url = f"http://[{host}]:{listen.port}/readyz" if ":" in host else f"http://{host}:{listen.port}/readyz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
            session.get(url) as response,
        ):
            answer = await response.json()
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError):
        return None
    return answer if isinstance(answer, dict) and "reasons" in answer else None
