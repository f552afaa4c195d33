"""What a chat template costs to render, hardened and followed, beside plain jinja2 and transformers in one run.

    python benchmarks/templates.py

The templates are those of `../shared/conformance`. Plain jinja2 is transformers' environment without transformers: the
template compiled once, the messages given as they are. A figure is CPU time, the best of several rounds in which all
take turns; the ratios are medians over the templates. Hostile templates run each in a process of its own.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "shared" / "conformance"
ROUNDS = 7
NOW = datetime(2026, 1, 15)
SIZES = (2, 50)


def conversation(size: int) -> list[dict[str, Any]]:
    said = {
        "user": "What is {} times 7, and why?",
        "assistant": "It is {}.\n\nThat follows from counting.",
    }
    roles = ["user", "assistant"]
    return [{"role": roles[n % 2], "content": said[roles[n % 2]].format(n)} for n in range(size)]


def corpus() -> dict[str, dict[str, Any]]:
    """Each template by its hash, with the tokens that one of its cases gives."""
    with gzip.open(FOLDER / "chat_templates.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = json.loads(next(lines))["templates"]
        for line in lines:
            case = json.loads(line)
            tokens = {name: case[name] for name in ("bos_token", "eos_token") if case[name]}
            found[case["template_sha"]]["tokens"] = tokens
    return found


def plain_jinja() -> Any:
    """transformers' environment, without transformers."""
    import jinja2
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            call = self.call_method("_body")
            return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

        def _body(self, caller: Any) -> Any:
            return caller()

    def tojson(value: Any, ensure_ascii: bool = False, **more: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, **more)

    def raise_exception(message: str) -> None:
        raise jinja2.exceptions.TemplateError(message)

    found = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    found.filters["tojson"] = tojson
    found.globals.update(raise_exception=raise_exception, strftime_now=NOW.strftime)
    return found


def best(ways: dict[str, Callable[[], object]], size: int) -> dict[str, float] | None:
    """Microseconds of CPU for each, or nothing where the template refuses the conversation."""
    try:
        for way in ways.values():
            way()
    except Exception:  # it wants another conversation; all of them raise alike
        return None
    loops = 20 if size < 10 else 3
    seen = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            for _ in range(loops):
                way()
            seen[name] = min(seen[name], (time.process_time() - start) / loops * 1e6)
    return seen


def peers() -> None:
    """In the environment of transformers: it beside plain jinja2, as JSON lines."""
    from transformers.utils.chat_template_utils import render_jinja_template

    environment = plain_jinja()
    for sha, known in corpus().items():
        compiled = environment.from_string(known["template"])
        for size in SIZES:
            messages = conversation(size)
            told = {"add_generation_prompt": False, **known["tokens"]}
            ways = {
                "plain": lambda c=compiled, m=messages, t=told: c.render(
                    messages=m, tools=None, documents=None, **t
                ),
                "transformers": lambda k=known, m=messages, t=told: render_jinja_template(
                    conversations=[m], chat_template=k["template"], **t
                ),
            }
            print(json.dumps([sha, size, best(ways, size)]), flush=True)


def ours() -> dict[tuple[str, int], dict[str, float]]:
    """Ours beside plain jinja2: hardened, followed, and followed without the second look at the text."""
    from chatwright.templates import ChatTemplate

    environment = plain_jinja()
    seen: dict[tuple[str, int], dict[str, float]] = {}
    for sha, known in corpus().items():
        compiled = environment.from_string(known["template"])
        template = ChatTemplate(known["template"], **known["tokens"])
        for size in SIZES:
            messages = conversation(size)
            ways = {
                "plain": lambda c=compiled, m=messages, t=known["tokens"]: c.render(
                    messages=m, tools=None, documents=None, add_generation_prompt=False, **t
                ),
                "hardened": lambda t=template, m=messages: t.render(m, now=NOW),
                "followed": lambda t=template, m=messages: followed(t, m),
                "checked": lambda t=template, m=messages: t.render_segments(m, now=NOW),
            }
            if found := best(ways, size):
                seen[sha, size] = found
    return seen


def followed(template: Any, messages: list[dict[str, Any]]) -> object:
    """Segments without the second, plain render that they are checked against."""
    from chatwright.templates import provenance
    from chatwright.templates.asked import Asked

    asked = Asked(messages, None, False, False, NOW, {})
    return provenance.segments(template._followed(asked))


def ratios(
    seen: dict[tuple[str, int], dict[str, float]], name: str, size: int
) -> tuple[float, float, int]:
    found = sorted(each[name] / each["plain"] for (_, n), each in seen.items() if n == size)
    return statistics.median(found), found[int(len(found) * 0.9)], len(found)


def hostile() -> None:
    """Each hostile template alone in a process: seconds of CPU, megabytes, and how it ended."""
    from measure import command

    worst_cpu, worst_mb = ("", 0.0), ("", 0)
    templates = json.loads((FOLDER / "hostile_templates.json").read_text("utf-8"))
    start = command(sys.executable, __file__, "--hostile", "-1")
    for number, each in enumerate(templates):
        cost = command(sys.executable, __file__, "--hostile", str(number))
        worst_cpu = max(worst_cpu, (each["name"], cost.cpu - start.cpu), key=lambda pair: pair[1])
        worst_mb = max(worst_mb, (each["name"], cost.memory // 2**20), key=lambda pair: pair[1])
    print(f"{len(templates)} hostile templates, each a clean error or harmless text: at most "
          f"{worst_cpu[1]:.2f} s of CPU ({worst_cpu[0]}), {worst_mb[1]} MB ({worst_mb[0]})")  # fmt: skip


def one_hostile(number: int) -> None:
    from chatwright.errors import TemplateError
    from chatwright.templates import ChatTemplate

    source = "nothing"
    if number >= 0:
        source = json.loads((FOLDER / "hostile_templates.json").read_text("utf-8"))[number][
            "template"
        ]
    with contextlib.suppress(TemplateError):
        assert len(ChatTemplate(source).render([{"role": "user", "content": "Hi"}])) < 1000


def imports(python: str) -> None:
    from measure import alternate, command

    first = "from chatwright.templates import ChatTemplate as T; T('a').render([{'role': 'user'}])"
    code = ["pass", "import chatwright.templates", first, "import jinja2.sandbox"]
    runs = [(sys.executable, each) for each in code]
    runs.append((python, "from transformers import AutoTokenizer"))
    costs = alternate([lambda p=p, c=c: command(p, "-c", c) for p, c in runs], 5)
    bare = costs[0].cpu
    for (_, each), cost in zip(runs[1:], costs[1:], strict=True):
        shown = "the same and a first render" if each == first else each
        print(f"{shown:<44} {(cost.cpu - bare) * 1000:6.0f} ms of CPU over a bare Python")


def main() -> None:
    from measure import peer_python

    if not FOLDER.exists():
        sys.exit(f"the templates are not at {FOLDER}")
    gc.disable()
    seen = ours()
    python = peer_python("transformers", "transformers>=5", "jinja2>=3.1.6")
    told = subprocess.run([python, __file__, "--peers"], capture_output=True, text=True, check=True)
    other = {
        (sha, size): found
        for sha, size, found in map(json.loads, told.stdout.splitlines())
        if found
    }
    print(
        f"{'times plain cached jinja2':<28}"
        + "".join(f"{f'{s} messages':>16}{'(p90)':>8}" for s in SIZES)
    )
    rows = [(seen, "hardened"), (seen, "followed"), (seen, "checked"), (other, "transformers")]
    for source, name in rows:
        figures = [ratios(source, name, size) for size in SIZES]
        print(
            f"{name:<28}" + "".join(f"{median:>15.2f}x{p90:>7.2f}x" for median, p90, _ in figures)
        )
    print(
        f"(of {ratios(seen, 'plain', 2)[2]} and {ratios(seen, 'plain', 50)[2]} templates that take the conversation)"
    )
    hostile()
    imports(python)


if __name__ == "__main__":
    if "--peers" in sys.argv:
        peers()
    elif "--hostile" in sys.argv:
        one_hostile(int(sys.argv[-1]))
    else:
        main()
