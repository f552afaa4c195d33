"""Servers that the standard tests talk to, each started when the first test asks for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_server import llama_server
from strict_openai import MODELS, Strict, strict_server
from weak import tell

sys.path.insert(0, str(Path(__file__).parents[1]))
from served_nano import process


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, bool]:
    """Nothing is recorded: all servers are here."""
    return {"ignore_localhost": True}


@pytest.fixture(scope="session")
def strict() -> Iterator[Strict]:
    """The strict server; it wants a key."""
    with strict_server((*MODELS, "nano-2"), api_key="strict-key") as server:
        yield server


@pytest.fixture(scope="session")
def nano_url() -> Iterator[str]:
    """`chatwright serve` on nano, in a process of its own."""
    with process("-m", "nano") as running:
        yield running.url


@pytest.fixture(scope="session")
def llama_url() -> Iterator[str]:
    """llama-server on nano."""
    pytest.importorskip("xllamacpp", reason="the engine is not installed")
    with llama_server() as url:
        yield url


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell(terminalreporter)
