"""Names and files become tools, and what cannot be loaded says where and why."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from chatwright.errors import ChatwrightError, UnknownTool, UsageError
from chatwright.tools.load import calculator, load_tools


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty current folder, and a `sys.path` and modules that are put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        if not name.startswith(("chatwright.", "langchain", "pydantic")):
            del sys.modules[name]


def write(source: str, file: str = "my_tools.py") -> str:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(textwrap.dedent(source), encoding="utf-8")
    return file


def names(*specs: str) -> list[str]:
    return [tool.name for tool in load_tools(specs)]


def refusal(*specs: str) -> UsageError:
    with pytest.raises(UsageError) as error:
        load_tools(specs)
    assert "\n" not in str(error.value)
    return error.value


# built in


def test_the_calculator_says_of_itself_what_a_model_was_trained_on():
    assert calculator().to_schema()["function"] == {
        "name": "Calculator",
        "description": "Evaluates arithmetic, e.g. 15% of 80 or 2^10.",
        "parameters": {
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        },
    }
    assert calculator().idempotent and not calculator().writes


def test_the_calculator_answers_and_says_no_with_a_reason():
    assert calculator().call(expression="2+2") == "Answer: 4"
    with pytest.raises(ChatwrightError):
        calculator().call(expression="import os")


@pytest.mark.parametrize("name", ["calculator", "Calculator", "CALCULATOR", " calculator "])
def test_a_built_in_tool_is_named_in_any_case(name: str):
    assert names(name) == ["Calculator"]


def test_a_tool_that_is_named_twice_comes_once():
    assert names("calculator", "Calculator") == ["Calculator"]


def test_no_names_are_no_tools():
    assert load_tools([]) == []


def test_an_unknown_name_is_answered_with_a_near_one():
    with pytest.raises(UnknownTool, match="there is no tool called 'calculater'") as error:
        load_tools(["calculater"])
    assert error.value.hint == "did you mean 'calculator'?"
    assert refusal("zzz").hint == "known: calculator, search, serpapi"


def test_a_file_named_without_its_ending_is_suggested():
    write("def f(x: int) -> int: return x")
    assert refusal("my_tools").hint == "did you mean 'my_tools.py'?"


def test_search_by_name_says_what_it_lacks():
    assert "--docs" in refusal("search").hint


@pytest.mark.parametrize(
    "spec", ["", ":", "a:b:c", "x" * 5000, "é" * 250, "a\0b", "../..", ".", ".x:y"]
)
def test_a_strange_name_is_refused_in_one_line(spec: str):
    assert len(str(refusal(spec))) < 6000


def test_a_bare_string_is_not_a_list_of_names():
    with pytest.raises(UsageError, match="a list"):
        load_tools("calculator")


# a file


def test_every_public_typed_function_of_a_file_is_a_tool_in_order():
    file = write('''
        import json
        from os.path import join

        LIMIT = 3

        def zeta(x: int) -> int:
            """Zeta."""
            return x + LIMIT

        async def alpha(text: str = "a") -> str:
            """Alpha."""
            return text

        def _private(x: int) -> int:
            return x

        def helper(x):
            return x

        class Thing:
            pass

        double = lambda x: 2 * x
        again = zeta
    ''')
    assert names(file) == ["zeta", "alpha"]
    assert load_tools([file])[0].call(x=1) == 4


def test_tool_objects_of_a_file_are_tools_too():
    file = write('''
        from langchain_core.tools import tool
        from chatwright.tools import Tool

        @tool
        def shout(text: str) -> str:
            """Shouts."""
            return text.upper()

        made = Tool("Made", "By hand.", {}, lambda: "made", writes=True)
    ''')
    shout, made = load_tools([file])
    assert (shout.name, shout.call(text="hi")) == ("shout", "HI")
    assert (made.name, made.call(), made.writes) == ("Made", "made", True)


def test_a_list_called_tools_wins():
    file = write("""
        def a(x: int) -> int: return x
        def b(x: int) -> int: return x
        tools = [b]
    """)
    assert names(file) == ["b"]


def test_all_wins_too_and_skips_what_is_no_function():
    file = write("""
        import functools
        __all__ = ["LIMIT", "b", "c"]
        LIMIT = 3
        def a(x: int) -> int: return x
        def b(x: int) -> int: return x
        @functools.cache
        def c(x: int) -> int: return x
    """)
    assert names(file) == ["b", "c"]


def test_one_tool_of_a_file_is_named_after_a_colon():
    file = write("""
        def a(x: int) -> int: return x
        def b(x: int) -> int: return x
    """)
    assert names(f"{file}:b") == ["b"]
    assert refusal(f"{file}:bb").hint == "did you mean 'b'?"


def test_postponed_types_dataclasses_and_neighbours_work_in_a_file():
    write("RATE = 2", "sub/my_rates.py")
    file = write(
        """
        from __future__ import annotations
        from dataclasses import dataclass
        from my_rates import RATE

        @dataclass
        class Order:
            amount: int

        def price(order: Order) -> int:
            return order.amount * RATE
        """,
        "sub/shop.py",
    )
    (tool,) = load_tools([file])
    assert tool.call(order={"amount": "3"}) == 6


def test_two_files_of_one_name_do_not_mix():
    first = write("def a(x: int) -> int: return 1", "one/t.py")
    second = write("def b(x: int) -> int: return 2", "two/t.py")
    assert names(first, second) == ["a", "b"]


def test_a_file_that_changed_is_read_anew_and_nothing_is_left_beside_it():
    file = write("def a(x: int) -> int: return 1")
    assert load_tools([file])[0].call(x=0) == 1
    write("def a(x: int) -> int: return 2")
    assert load_tools([file])[0].call(x=0) == 2
    assert os.listdir(".") == [file]


def test_two_tools_of_one_name_are_refused():
    first = write("def a(x: int) -> int: return 1", "one.py")
    second = write("def a(x: int) -> int: return 2", "two.py")
    assert str(refusal(first, second)) == "two tools are called 'a'"


BROKEN: dict[str, tuple[str, str]] = {
    "syntax": ("x = 1\ndef f(:\n", "my_tools.py:2: "),
    "raises": ("x = 1\n\n1 / 0\n", "my_tools.py:3: ZeroDivisionError: division by zero"),
    "raises below": (
        "def g():\n    raise ValueError('a\\nb')\n\ng()\n",
        "my_tools.py:2: ValueError: a b",
    ),
    "raises elsewhere": ("\nimport json\njson.loads('{')\n", "my_tools.py:3: JSONDecodeError"),
    "exits": ("import sys\nsys.exit(3)\n", "my_tools.py:2: SystemExit: 3"),
    "import": ("import not_there\n", "my_tools.py:1: ModuleNotFoundError"),
    "no tools": ("x = 1\n", "there are no tools in my_tools.py"),
    "empty": ("", "there are no tools in my_tools.py"),
    "empty list": ("tools = []\n", "there are no tools in my_tools.py"),
    "not a tool": ("tools = [3]\n", "my_tools.py: an object of type int is not a tool"),
    "not typed": ("\ndef f(x: int, y): ...\n", "my_tools.py:2: the argument 'y' of f has no type"),
    "stars": ("def f(*x: int): ...\n", "my_tools.py:1: f takes *x"),
    "all lies": ("__all__ = ['f']\n", "my_tools.py has no 'f'"),
    "nul": ("x = '\0'\n", "my_tools.py"),
    "too deep": ("x = " + "(" * 5000 + ")" * 5000, "my_tools.py"),
}


@pytest.mark.parametrize(("source", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_its_line(source: str, message: str):
    write(source)
    assert str(refusal("my_tools.py")).startswith(message)


def test_a_file_that_failed_is_not_left_half_loaded():
    write("x = 1\n1 / 0\n")
    refusal("my_tools.py")
    assert not [name for name in sys.modules if name.startswith("chatwright_tools_my_tools")]


def test_a_file_that_is_not_there_or_is_no_python_file_is_refused():
    write("def a(x: int) -> int: return 1", "notes.txt")
    Path("folder.py").mkdir()
    assert "the file missing.py is not there" in str(refusal("missing.py"))
    assert "cannot be read" in str(refusal("folder.py"))
    assert "is not a Python file" in str(refusal("./notes.txt"))
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    assert str(refusal("latin.py")).startswith("latin.py")


# a module


@pytest.fixture
def package() -> str:
    write("", "shop_pkg/__init__.py")
    return write(
        '''
        def price(amount: int) -> int:
            """Prices."""
            return amount * 2

        class Shop:
            def close(self) -> str:
                return "closed"

        shop = Shop()
        both = [price, shop.close]
        nothing = 3
        ''',
        "shop_pkg/prices.py",
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("shop_pkg.prices:price", ["price"]),
        ("shop_pkg.prices:shop.close", ["close"]),
        ("shop_pkg.prices:both", ["price", "close"]),
    ],
)
def test_a_module_and_a_name_in_it_are_tools(package: str, spec: str, expected: list[str]):
    assert names(spec) == expected


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("shop_pkg.prices:prize", "shop_pkg.prices has no 'prize'", "did you mean 'price'?"),
        ("shop_pkg.prices:nothing", "shop_pkg.prices: an object of type int is not a tool", ""),
        ("shop_pkg.none:x", "there is no module 'shop_pkg.none'", ""),
        ("no_such_pkg.none:x", "there is no module 'no_such_pkg.none'", ""),
    ],
)
def test_a_module_that_has_not_that_tool_is_refused(
    package: str, spec: str, message: str, hint: str
):
    error = refusal(spec)
    assert str(error) == message
    assert hint in error.hint


def test_a_module_that_fails_is_named_with_its_line():
    write("x = 1\nraise RuntimeError('no')\n", "bad_mod.py")
    assert str(refusal("bad_mod:x")) == "bad_mod:2: RuntimeError: no"
    write("import not_there_at_all\n", "bad_dep.py")
    assert str(refusal("bad_dep:x")).startswith("bad_dep:1: ModuleNotFoundError")


def test_a_file_here_never_takes_the_place_of_an_installed_package(monkeypatch: pytest.MonkeyPatch):
    write("def dumps(x: int) -> int: return x", "colorsys.py")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert "colorsys has no 'dumps'" in str(refusal("colorsys:dumps"))
