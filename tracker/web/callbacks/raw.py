"""What a provider called back, as it came, for the proof of an alert.

What must not break: neither a token in an address nor a login that a provider shows is kept.
"""

from aiohttp import web

from tracker.storage.callbacks import RawCallback


async def raw_of(request: web.Request, provider: str, *, signature: str = "") -> RawCallback:
    """The whole request; what is no UTF-8 is escaped."""
    body = (await request.read()).decode(errors="backslashreplace")
    return raw_part(request, provider, body, signature=signature)


def raw_part(request: web.Request, provider: str, body: str, *, signature: str = "") -> RawCallback:
    """One of the callbacks that a request holds."""
    return RawCallback(provider=provider, target=_target(request), body=body, signature=signature)


def _target(request: web.Request) -> str:
    """Path and query; a part of the path that is secret by its name only."""
    resource = request.match_info.route.resource
    path = request.path if resource is None else resource.canonical
    query = request.rel_url.raw_query_string
    return f"{path}?{query}" if query else path
