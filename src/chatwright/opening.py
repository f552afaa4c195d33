"""From the string that names a model to the model: here, on a server, or at the Hub's providers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UnknownModel, UsageError, did_you_mean
from .model import DEFAULT_MODEL, Model
from .templates import ChatTemplate

if TYPE_CHECKING:
    from .backends.client import ClientOptions
    from .backends.local.hub import Report

__all__ = ["opened"]


def opened(
    model: str | Sequence[str] | None,
    *,
    token: str | None,
    on_progress: Report | None,
    base_url: str | None,
    wait_for_model: bool | float,
    timeout: float | None,
) -> Model:
    """What `open_model` gives, for the same arguments."""
    listed = model if model is None or isinstance(model, str) else ",".join(model)
    if model is not None and not isinstance(model, str) and not listed:
        raise UsageError("the list of servers is empty", "give ['http://a:8080', 'http://b:8080']")
    spec = (listed or os.environ.get("CHATWRIGHT_MODEL") or DEFAULT_MODEL).strip()
    if spec == "nano":
        return _open_gguf(_nano(), "nano")
    if spec.startswith("local:") and spec.removeprefix("local:").strip():
        return _open_local(spec.removeprefix("local:").strip(), token, on_progress)
    options: ClientOptions = {"token": token, "timeout": timeout}
    if spec.startswith(("http://", "https://")):
        several = re.search(r",\s*https?://", spec)
        return _open_replicas(spec, options) if several else _open_server(spec, options)
    if spec.startswith("endpoint:"):
        return _open_endpoint(spec, base_url, wait_for_model, options)
    return _open_provided(spec, base_url, options)


def _open_server(url: str, options: ClientOptions) -> Model:
    from .backends.client import Client
    from .backends.probe import backend_for, probe
    from .backends.routes import root_of

    client = Client(root_of(url), **options)
    served = probe(client)
    template = None
    if served.is_text and served.chat_template:
        template = ChatTemplate(served.chat_template, **served.special_tokens)
    # A TGI whose template is not known renders the messages itself, on its chat route.
    backend = backend_for(client, served, route="text" if template else "chat")
    return Model(backend, template=template, name=served.model or url)


def _open_replicas(spec: str, options: ClientOptions) -> Model:
    from .backends.replicas import Replicas

    backend = Replicas([spec], **options)
    served = backend.served
    template = None
    if backend.route == "text" and served.chat_template:
        template = ChatTemplate(served.chat_template, **served.special_tokens)
    return Model(backend, template=template, name=served.model or spec)


def _open_endpoint(
    spec: str, base_url: str | None, wait: bool | float, options: ClientOptions
) -> Model:
    from .backends.inference_providers import Endpoint

    name = spec.removeprefix("endpoint:").strip()
    backend = Endpoint(name, base_url=base_url, wait_for_model=wait, **options)
    return Model(backend, name=spec)


def _open_provided(spec: str, base_url: str | None, options: ClientOptions) -> Model:
    """A model of the Hub at its providers. A file is none, and a GGUF is for this machine."""
    moved = base_url or os.environ.get("CHATWRIGHT_HUB_URL")
    if "/" not in spec or spec.endswith(".gguf") or ("gguf" in spec.lower() and not moved):
        raise _unknown(spec)
    from .backends.inference_providers import InferenceProviders, split_name

    if split_name(spec) is None:
        raise _unknown(spec)
    return Model(InferenceProviders(spec, base_url=base_url, **options), name=spec)


def _open_local(text: str, token: str | None, on_progress: Report | None) -> Model:
    from .backends.local.hub import fetch, local_file, read_name

    name = read_name(text)
    if name is None:
        return _open_gguf(local_file(text), f"local:{text}")
    found = fetch(name, token=token, on_progress=on_progress)
    model = _open_gguf(found.path, f"local:{found.repo}:{found.file}")
    model.commit = found.commit
    return model


def _unknown(spec: str) -> UnknownModel:
    scheme, colon, rest = spec.partition(":")
    if colon and "mean" in did_you_mean(scheme, ["local"]):
        file = rest or "path/to/file.gguf"
        return UnknownModel(f"'{spec[:80]}' names no model", f"did you mean 'local:{file}'?")
    if spec.endswith(".gguf"):
        return UnknownModel(f"'{spec[:80]}' names no model", f"for a file write local:{spec}")
    if "gguf" in spec.lower():
        return UnknownModel(
            f"no provider serves '{spec[:80]}': a GGUF is for this machine",
            f"to run it here write local:{spec}",
        )
    guess = did_you_mean(spec, ["nano", "local:", "endpoint:"])
    known = "known: nano, local:path/to/file.gguf, http://host:8080, org/name, endpoint:NAME"
    hint = guess if "mean" in guess else known
    return UnknownModel(f"there is no model called '{spec[:80]}'", hint)


def _nano() -> Path:
    return Path(str(files("chatwright.nano") / "nano.gguf"))


def _open_gguf(path: Path, name: str) -> Model:
    from .backends.local import LocalBackend

    backend = LocalBackend(path)
    return Model(backend, template=ChatTemplate.from_gguf_metadata(backend.metadata), name=name)
