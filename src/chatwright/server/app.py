"""The application: routes, and what is answered where there is none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request as HttpRequest
from starlette.routing import Route, Router

from ..errors import ChatwrightError
from .answer import Json
from .gate import Gate
from .guard import Guard, refused
from .intake import read_json, record_of
from .metrics import Metrics
from .native import Native
from .openai import OpenAI
from .refusal import Refusal, refusal_of
from .served import Served

__all__ = ["application"]


def application(
    served: Served, *, hosts: Collection[str] | None = None, api_key: str | None = None
) -> Guard:
    """The ASGI application over a model. `hosts` are the names it answers to, None for any."""
    metrics = Metrics()
    gate = Gate(served.limits.max_concurrent_requests, metrics)
    native, openai = Native(served, gate), OpenAI(served, gate)

    async def invocations(http: HttpRequest) -> Any:
        data, record = await read_json(http, served.limits), record_of(http)
        if "messages" in data:
            return openai.chat_with(data, record)
        if "prompt" in data:
            return openai.complete_with(data, record)
        return native.compat_with(data, record, listed=False)

    router = Router(
        [
            _post("/", native.compat, metrics),
            _post("/generate", native.generate, metrics),
            _post("/generate_stream", native.generate_stream, metrics),
            _post("/invocations", invocations, metrics),
            _post("/tokenize", native.tokenize),
            _post("/chat_tokenize", native.chat_tokenize),
            _post("/v1/chat/completions", openai.chat, metrics),
            _post("/v1/completions", openai.completions, metrics),
            _get("/", native.health),
            _get("/health", native.health),
            _get("/ping", native.health),
            _get("/info", native.info),
            _get("/metrics", native.metrics),
            _get("/v1/models", openai.models),
            _get("/v1/models/{name:path}", openai.model),
        ],
        redirect_slashes=False,
    )
    # What is neither of these goes on to the guard, which tells a client that left from a defect.
    handlers: dict[Any, Any] = {HTTPException: _http_error, ChatwrightError: _refused_with(metrics)}
    app = ExceptionMiddleware(_raising(router), handlers=handlers)
    return Guard(app, metrics, hosts=hosts, api_key=api_key)


def _raising(router: Router) -> Any:
    """The router, told that it is part of an application: it then raises what it cannot route."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["app"] = router
        await router(scope, receive, send)

    return app


def _post(path: str, handler: Any, metrics: Metrics | None = None) -> Route:
    async def endpoint(request: HttpRequest) -> Any:
        record_of(request).route = path
        if metrics:
            metrics.requests += 1
        return await handler(request)

    return Route(path, endpoint, methods=["POST"])


def _get(path: str, handler: Any) -> Route:
    async def endpoint(request: HttpRequest) -> Any:
        record_of(request).route = path
        return await handler(request)

    return Route(path, endpoint, methods=["GET"])


def _refused_with(metrics: Metrics) -> Any:
    async def handler(request: HttpRequest, error: Exception) -> Json:
        refusal = refusal_of(error)
        metrics.failed(refusal.kind)
        return refused(request.scope, refusal)

    return handler


async def _http_error(request: HttpRequest, error: Exception) -> Json:
    assert isinstance(error, HTTPException)
    told = {404: "there is no such route", 405: "this route takes another method"}
    refusal = Refusal(error.status_code, told.get(error.status_code, error.detail), "not_found")
    if error.status_code == 405:
        refusal = Refusal(405, told[405], "method_not_allowed", headers=dict(error.headers or {}))
    return refused(request.scope, refusal)
