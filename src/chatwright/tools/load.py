"""Names, files and servers turned into tools, for `-t calculator`, `-t my_tools.py`, `-t package.module:name` and `-t mcp:...`."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, cast

from ..errors import UnknownTool, UsageError, did_you_mean
from .langchain import is_langchain
from .tool import Tool, as_tool, as_tools

if TYPE_CHECKING:
    from .mcp import McpServer

__all__ = ["calculator", "load_tools"]

_log = logging.getLogger(__name__)


def calculator() -> Tool:
    """The tool `Calculator`: an expression in, `Answer: 4` out."""

    def calculate(expression: Any) -> str:
        from .calculator import answer

        return answer(expression if isinstance(expression, str) else str(expression))

    return Tool(
        "Calculator",
        "Evaluates arithmetic, e.g. 15% of 80 or 2^10.",
        {
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        },
        calculate,
        idempotent=True,
        trusted=True,
    )


def _serpapi() -> Tool:
    from .serpapi import search_tool

    return search_tool()


_BUILT_IN: dict[str, Callable[[], Tool]] = {"calculator": calculator, "serpapi": _serpapi}


def load_tools(specs: Sequence[str]) -> list[Tool]:
    """The tools that the specs name, in order; one that is named twice comes once.

    A spec is a built-in tool (`calculator`, `serpapi`), a Python file (`my_tools.py`, or `my_tools.py:add` for one
    tool of it), `package.module:name`, or an MCP server: `mcp:command with arguments` or `mcp:https://host/mcp`, whose
    tools get its name before theirs where another tool is called the same. A file's tools are its list `tools`, else the tools that its
    `__all__` names, else every public typed function defined in it and every tool object in it. The
    file's folder, or the current one, joins the end of `sys.path`, so that the file can import its
    neighbours.
    """
    if isinstance(specs, str):
        raise UsageError("tools come as a list of names", f"write [{specs!r}]")
    canonical = list(dict.fromkeys(_canonical(spec) for spec in specs))
    # All servers come up at the same time, while the rest is loaded.
    servers = {spec: _server(spec) for spec in canonical if _is_server(spec)}
    loaded = {spec: _load(spec) for spec in canonical if spec not in servers}
    taken = {tool.name for tools in loaded.values() for tool in tools}
    for spec, server in servers.items():
        loaded[spec] = server.tools_beside(taken)
        taken |= {tool.name for tool in loaded[spec]}
    return as_tools([tool for spec in canonical for tool in loaded[spec]])


def _is_server(spec: str) -> bool:
    return spec[:4].lower() == "mcp:"


def _server(spec: str) -> McpServer:
    from .mcp import McpServer

    return McpServer(spec).start()


def _canonical(spec: str) -> str:
    spec = spec.strip()
    return spec.lower() if spec.lower() in _BUILT_IN else spec


def _load(spec: str) -> list[Tool]:
    if spec in _BUILT_IN:
        return [_BUILT_IN[spec]()]
    if spec.lower().endswith(".py"):
        return _from_file(spec)
    place, colon, name = spec.rpartition(":")
    if colon and place.lower().endswith(".py"):
        return _named(_run_file(place), place, name)
    if os.sep in spec or "/" in spec:
        raise UsageError(f"'{spec[:200]}' is not a Python file", "give a file that ends in .py")
    if colon:
        return _named(_import(place), place, name)
    if spec.lower() == "search":
        raise UsageError(
            "Search needs a folder to search", "use --docs DIR, or -t serpapi for the web"
        )
    known = [*_BUILT_IN, "search"]
    raise UnknownTool(spec, [f"{spec}.py"] if os.path.isfile(f"{spec}.py") else known)


def _from_file(spec: str) -> list[Tool]:
    module = _run_file(spec)
    tools = [_made(obj, spec) for obj in _objects(module, spec)]
    if not tools:
        raise UsageError(
            f"there are no tools in {spec}",
            "define a function with types, such as add(a: int, b: int)",
        )
    return tools


def _objects(module: ModuleType, spec: str) -> list[Any]:
    """What the file offers as tools, each once."""
    listed: Any = getattr(module, "tools", None)
    if isinstance(listed, list | tuple):
        return list(cast(Sequence[Any], listed))
    named: Any = getattr(module, "__all__", None)
    if named is None:
        objects = [
            v for k, v in vars(module).items() if not k.startswith("_") and _offers(v, module)
        ]
    else:
        objects = [_attribute(module, spec, str(name)) for name in named]
        objects = [obj for obj in objects if _is_tool(obj) or _function_of(obj)]
    return list({id(obj): obj for obj in objects}.values())


def _is_tool(obj: Any) -> bool:
    return isinstance(obj, Tool) or is_langchain(obj)


def _offers(obj: Any, module: ModuleType) -> bool:
    """Is this a tool, or a typed function that was written in this file?"""
    if _is_tool(obj):
        return True
    function = _function_of(obj)
    if not function or obj.__module__ != module.__name__:
        return False
    if not function.__annotations__:
        _log.info("%s has no types, so it is not a tool", function.__qualname__)
        return False
    return True


def _function_of(obj: Any) -> FunctionType | None:
    """The function that stands here, also below a decorator such as `functools.cache`."""
    plain = inspect.unwrap(obj) if callable(obj) and not inspect.isclass(obj) else obj
    return plain if inspect.isfunction(plain) else None


def _made(obj: Any, spec: str) -> Tool:
    try:
        return as_tool(obj)
    except UsageError as err:
        function = _function_of(obj)
        line = f":{function.__code__.co_firstlineno}" if function else ""
        raise UsageError(f"{spec}{line}: {err}", err.hint) from err


def _named(module: ModuleType, place: str, name: str) -> list[Tool]:
    obj: Any = module
    for part in name.split("."):
        obj = _attribute(obj, place, part)
    objects = cast(Sequence[Any], obj) if isinstance(obj, list | tuple) else [obj]
    return [_made(each, place) for each in objects]


def _attribute(owner: Any, place: str, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as err:
        public = [n for n in dir(owner) if not n.startswith("_")]
        raise UsageError(f"{place} has no '{name[:60]}'", did_you_mean(name, public)) from err


def _run_file(spec: str) -> ModuleType:
    """The file as a module. It is compiled here: an import would leave a `__pycache__` beside it."""
    path = Path(spec).expanduser()
    try:
        path = path.resolve()
        source = path.read_bytes()
    except (OSError, ValueError) as err:
        why = "is not there" if isinstance(err, FileNotFoundError) else f"cannot be read: {err}"
        raise UsageError(f"the file {spec} {why}", "check the path") from err
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
        line = f":{err.lineno}" if isinstance(err, SyntaxError) and err.lineno else ""
        said = err.msg if isinstance(err, SyntaxError) else str(err) or type(err).__name__
        raise UsageError(f"{spec}{line}: {said}", "this is not valid Python") from err
    name = f"chatwright_tools_{path.stem}_{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    _add_to_path(path.parent)
    sys.modules[name] = module  # where dataclasses and postponed annotations look for it
    try:
        exec(code, module.__dict__)
    except (
        Exception,
        SystemExit,
    ) as err:  # a user's file may raise anything; the user gets to read it
        sys.modules.pop(name, None)
        raise _failed(spec, str(path), err) from err
    return module


def _import(name: str) -> ModuleType:
    _add_to_path(Path.cwd())
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as err:  # as above
        if isinstance(err, ModuleNotFoundError) and f"{name}.".startswith(f"{err.name}."):
            raise UsageError(
                f"there is no module '{name}'", "write package.module:name, or a file's path"
            ) from err
        raise _failed(name, _file_of(name), err) from err


def _file_of(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ""
    return (spec.origin or "") if spec else ""


def _failed(spec: str, path: str, err: BaseException) -> UsageError:
    line = _last_line(err.__traceback__, path)
    where = f"{spec}:{line}" if line else spec
    said = " ".join(str(err).split())
    return UsageError(
        f"{where}: {type(err).__name__}{': ' if said else ''}{said[:300]}",
        "the file must load without an error",
    )


def _last_line(trace: TracebackType | None, path: str) -> int:
    """The last line of that very file which the error came through."""
    line = 0
    while trace:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _add_to_path(folder: Path) -> None:
    # At the end, so that a file there can never take the place of an installed package.
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
