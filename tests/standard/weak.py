"""Standard tests that ask for content which nano, a toy of 6 MB, cannot give: each by name, with the reason.

They run with the same class of LLM on the strict server instead. `test_nano_is_too_weak.py` runs those of NEVER on nano
all the same, and fails as soon as one of them passes there: then its line here goes.
"""

from __future__ import annotations

from typing import Any

__all__ = ["LLAMA_SERVER", "NANO", "NEVER", "ONE_MODEL", "tell"]

NEVER: dict[str, str] = {
    "test_json_mode": "it writes another object than the one it is asked for",
}

_NUMBER = "it takes the right number out of the question on some servers only"

NANO: dict[str, str] = {
    **NEVER,
    "test_tool_calling": _NUMBER,
    "test_tool_calling_async": _NUMBER,
    "test_agent_loop": "it asks for the weather on some servers only",
}

_NAME = "llama-server has one model, and tells its name whatever it was asked for"

ONE_MODEL: dict[str, str] = {
    "test_invoke_with_model_override": _NAME,
    "test_ainvoke_with_model_override": _NAME,
    "test_stream_with_model_override": _NAME,
    "test_astream_with_model_override": _NAME,
}

LLAMA_SERVER: dict[str, str] = {**NANO, **ONE_MODEL}


_SUITES = {
    "test_chat_local.py": ("nano in this process", NANO),
    "test_chat_served.py": ("nano behind `chatwright serve`", NANO),
    "test_chat_llama_server.py": ("nano behind llama-server", LLAMA_SERVER),
}


def tell(terminal: Any) -> None:
    """Name those that were run, at the end of a run; once, whoever asks."""
    reports = [r for found in terminal.stats.values() for r in found if hasattr(r, "when")]
    ran = {tuple(r.nodeid.partition("[")[0].rpartition("/")[2].split("::")) for r in reports}
    rows = [
        f"{where}: {name} ({why})"
        for file, (where, named) in _SUITES.items()
        for name, why in named.items()
        if any((part[0], part[-1]) == (file, name) for part in ran)
    ]
    if not rows or getattr(terminal, "told_the_weak", False):
        return
    terminal.told_the_weak = True
    terminal.section(
        "standard tests that ran on the strict server, as the model is too weak for them"
    )
    for row in rows:
        terminal.write_line(row)
