"""Templates that try to eat the machine, to get out, or to change what they are given: a clean error, soon, and little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from chatwright.errors import TemplateError
from chatwright.request import Own
from chatwright.templates import ChatTemplate, Segment, worker

SEND = """
import json, os, resource, sys, time
from chatwright.errors import TemplateError
from chatwright.templates import ChatTemplate
def peak():
    if not os.path.exists("/proc/self/status"):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # the figure above is at least that of the process which started this one
    lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    return int(lines["VmHWM"].split()[0])
before = json.loads(json.dumps(MESSAGES := [{"role": "user", "content": "Hi"}]))
worst = []
for name, source in json.load(sys.stdin).items():
    start = time.process_time()
    try:
        text = ChatTemplate(source).render(MESSAGES)
        how = "text" if len(text) < 1000 else "much"
    except TemplateError as err:
        how = "error" if len(str(err)) < 4000 else "long error"
    assert MESSAGES == before
    worst.append([name, how, time.process_time() - start, peak()])
print(json.dumps(worst))
"""

KEEP = "{% set ns = namespace(l=[], s='x' * 4000) %}{% for i in range(99999) %}STEP{% endfor %}"
SHARED = (
    "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}"
    "{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}"
)
HOSTILE = {
    "keeps strings": KEEP.replace("STEP", "{% set ns.l = [ns.l, ns.s ~ i] %}"),
    "keeps lists": KEEP.replace("STEP", "{% set ns.l = [ns.l, range(99999) | list] %}"),
    "keeps pieces": KEEP.replace("STEP", "{% set ns.l = [ns.l, ns.s | list] %}"),
    "keeps cuts": "{% set a = 'a' * 8000000 %}" + KEEP.replace("STEP", "{% set ns.l = [ns.l, a[1:]] %}"),
    "keeps dicts": KEEP.replace("STEP", "{% set ns.l = {'a': ns.l, 'b': ns.s ~ i} %}"),
    "splits": "{{ ('a ' * 3000000).split(' ') | length }}",
    "sorts by nothing": "{{ range(99999) | groupby('real') | length }}",
    "adds lists": "{{ ([[1] * 1000] * 10000) | sum(start=[]) | length }}",
    "equal": SHARED + "{{ ns.l == ns.m }}",
    "within": SHARED + "{{ ns.l in [ns.m] }}",
    "sorted": SHARED + "{{ [ns.l, ns.m] | sort | length }}",
    "index": SHARED + "{{ [ns.l].index(ns.m) }}",
    "tested": SHARED + "{{ ns.l is eq ns.m }}",
    "changed": SHARED + "{% for x in [ns.l, ns.m] %}{{ loop.changed(x) }}{% endfor %}",
    "hash": SHARED.replace("[1]", "(1,)").replace("[ns.l, ns.l]", "(ns.l, ns.l)") + "{{ {ns.l: 1} | length }}",
    "format": "{{ ('{0}' * 100000).format('x' * 10000) | length }}",
    "percent": "{{ (('%(a)s') * 100000) % {'a': 'x' * 10000} }}",
    "precision": "{{ '%.1000000000f' % 1 }}",
    "upper": "{% set a = 'a' * 8000000 %}{% for i in range(99999) %}{% if a | upper %}{% endif %}{% endfor %}",
    "tags": "{{ ('<!--' * 20000) | striptags | length }}",
    "links": "{{ ('a@' * 40000) | urlize | length }}",
    "filler": "{% for i in range(999) %}{{ lipsum(n=100, min=999, max=1000) }}{% endfor %}",
    "bytes": "{{ 'x'.encode().center(10**10) | length }}",
    "bytes of a number": "{{ (1).to_bytes(10**10, 'big') | length }}",
    "numbers": "{{ ('9' * 1000000) | int }}",
    "many outputs": "{{ a }}" * 18_000,
    "many items": "{{ [" + "1," * 60_000 + "] }}",
    "deep": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "unrolled": "{% for i in range(99999) %}" + "{{ i }}" * 3_000 + "{% endfor %}",
    "long error": "{{ raise_exception('x' * 4000000) }}",
    "long name": "{{ messages[0]['x' * 4000000].y }}",
    "prints again": "{% set x = 'x' * 4000000 %}{% for i in range(99999) %}{{ x }}{% endfor %}",
    "calls": "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call m() %}" * 18 + "x" + "{% endcall %}" * 18,
    "blocks": "{% block b %}{{ self.b() }}{% endblock %}",
    "generator": "{% set ns = namespace(g=range(9)) %}{% for i in range(99999) %}{% set ns.g = ns.g | map('abs') %}{% endfor %}{{ ns.g | list }}",
    "pop": "{{ messages.pop() }}",
    "update": "{{ messages[0].update({'role': 'x'}) }}",
    "setdefault": "{{ messages[0].setdefault('a', 1) }}",
    "attr": "{{ (messages | attr('append'))(1) }}",
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured with the resource module")
def test_each_is_over_soon_with_little_memory_and_changes_nothing():
    done = subprocess.run(
        [sys.executable, "-c", SEND],
        input=json.dumps(HOSTILE),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    seen = json.loads(done.stdout)
    assert [name for name, how, *_ in seen if how not in ("text", "error")] == []
    assert [(name, cpu) for name, _, cpu, _ in seen if cpu > 1.5] == []
    assert max(memory for *_, memory in seen) < 300 * 1024


@pytest.mark.parametrize("source", ["{{ 'ß'.encode().decode() }}", "{{ 'a' in ['a'] }}"])
def test_what_is_harmless_still_works(source):
    assert ChatTemplate(source).render([{"role": "user", "content": "Hi"}]) in ("ß", "True")


# --- a process of its own -----------------------------------------------------------------------

SHOWN = "{% for m in messages %}<{{ m.content }}>{% endfor %}{{ bos_token }}"


def test_in_a_process_of_its_own_the_prompt_and_its_authors_are_the_same():
    messages = [{"role": "user", "content": "é\ud83d"}, {"role": "assistant", "content": Own("o")}]
    here = ChatTemplate(SHOWN, bos_token="<s>")
    there = ChatTemplate(SHOWN, bos_token="<s>", isolated=True)
    assert there.render(messages) == here.render(messages)
    assert there.render_segments(messages) == here.render_segments(messages)
    assert here.in_worker().render(messages) == here.render(messages)
    assert Segment("o", trusted=True) in there.render_segments(messages)


@pytest.mark.parametrize("source", ["{{ raise_exception('no') }}", "{% for", "{{ 'a' * 10**9 }}"])
def test_there_an_error_is_the_same_too(source):
    messages = [{"role": "user", "content": "Hi"}]
    with pytest.raises(TemplateError) as here:
        ChatTemplate(source).render(messages)
    with pytest.raises(TemplateError) as there:
        ChatTemplate(source, isolated=True).render(messages)
    assert str(there.value) == str(here.value)


def test_a_process_that_takes_too_long_is_stopped_and_the_next_render_has_another(monkeypatch):
    template = ChatTemplate(SHOWN, isolated=True)
    messages = [{"role": "user", "content": "Hi"}]
    template.render(messages)
    monkeypatch.setattr(worker, "DEADLINE", 0.05)
    slow = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match=r"more than 0\.05 seconds"):
        ChatTemplate(slow, isolated=True).render(messages)
    monkeypatch.undo()
    assert template.render(messages) == "<Hi>"


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_a_process_that_dies_on_its_own_is_replaced():
    template = ChatTemplate(SHOWN, isolated=True)
    messages = [{"role": "user", "content": "Hi"}]
    template.render(messages)
    worker._running[0].kill()
    worker._running[0].wait()
    assert template.render(messages) == "<Hi>"
