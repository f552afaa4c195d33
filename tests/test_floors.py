"""A file imports only from lower floors, and heavy packages only where the map allows them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "chatwright"
FLOORS = {
    "errors": 0, "events": 0, "request": 0, "grammar": 0, "schema": 0, "_gbnf": 0, "_hub": 0, "_lazy": 0,
    "_lang": 0, "_schema": 0,
    "templates": 1, "formats": 1, "backends": 1,
    "_choice": 2, "_reply": 2, "model": 2, "opening": 2,
    "tools": 3, "testing": 3,
    "agent": 4,
    "server": 5, "langchain": 5, "agents": 6, "hub": 6,
    "cli": 6, "__main__": 7,
}  # fmt: skip
ONLY_IN = {
    "click": "cli",
    "rich": "cli",
    "xllamacpp": "backends",
    "langchain_core": ("tools", "langchain"),
    "langchain": "langchain",
    "langgraph": "langchain",
    "jinja2": "templates",
    "httpx2": "backends",
    "httpcore2": "backends",
    "starlette": "server",
    "uvicorn": "server",
    "mcp": "tools",
    "opentelemetry": "agent",
    "sqlite3": ("agent", "tools"),
}
FILES = sorted(p for p in SRC.rglob("*.py") if p != SRC / "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, wherever in the file."""
    package = ["chatwright", *path.relative_to(SRC).parts[:-1]]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            found |= {whole} if node.module else {f"{whole}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_a_file_imports_only_from_lower_floors(path: Path):
    here = part_of(path)
    assert here in FLOORS or here == "nano", f"{here} has no floor yet: give it one"
    for name in imports(path):
        if name.startswith("chatwright.") and (there := name.split(".")[1]) in FLOORS:
            same = there == here or (FLOORS[here] == FLOORS[there] and FLOORS[here] in (0, 2))
            assert same or FLOORS[there] < FLOORS[here], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_a_heavy_package_is_imported_in_its_own_place_only(path: Path):
    for name in imports(path):
        place = ONLY_IN.get(name.split(".")[0])
        places = (place,) if isinstance(place, str) else place
        assert not places or part_of(path) in places, f"{path.name} imports {name}"


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import chatwright", "click rich jinja2 xllamacpp langchain_core asyncio"),
        ("import chatwright.cli", "rich jinja2 xllamacpp langchain_core chatwright.agent"),
        ("from chatwright import Agent", "click rich xllamacpp langchain_core"),
        ("import chatwright.backends.local", "xllamacpp"),
    ],
)
def test_importing_brings_nothing_that_is_not_used(code: str, absent: str):
    script = f"{code}\nimport sys\nprint(*[n for n in {absent.split()} if n in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def test_every_module_names_what_is_public():
    for path in FILES:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        assigned = [n for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign)]
        targets = [
            t for n in assigned for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
        ]
        names = {t.id for t in targets if isinstance(t, ast.Name)}
        assert "__all__" in names, f"{path} has no __all__"


def test_the_public_names_are_these():
    import chatwright

    faces = [
        "HuggingFaceEndpoint",
        "HuggingFaceHub",
        "HuggingFaceLocal",
        "HuggingFaceTextGenInference",
    ]
    walk = ["Agent", "Limits", "Model", "Tool", "__version__", "open_model"]
    assert sorted(chatwright.__all__) == sorted(["ChatHuggingFace", *faces, *walk, "hub"])
    assert all(getattr(chatwright, name) for name in chatwright.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Agnet'"):
        _ = chatwright.Agnet
