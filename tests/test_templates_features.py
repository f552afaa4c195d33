"""What templates of real models use of jinja and of transformers, each with what transformers 5 makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chatwright.errors import TemplateError
from chatwright.templates import ChatTemplate

USER = {"role": "user", "content": "Hi <b> é"}
THOUGHT = {"role": "assistant", "content": "done", "reasoning": "why", "extra": (1, 2)}

FEATURES = [
    ("{{ messages[1] }}", "{'thinking': 'why', 'role': 'assistant', 'content': 'done', 'reasoning': 'why',"
     " 'extra': (1, 2), 'reasoning_content': 'why'}"),
    ("{{ messages[1].extra }}{{ messages[1].extra | tojson }}", "(1, 2)[1, 2]"),
    ("{{ dict.fromkeys(['a'], 1) }}{{ dict([('b', 2)], c=3) }}", "{'a': 1}{'b': 2, 'c': 3}"),
    ("{% set ns = namespace({'a': 2}, items='i') %}{{ ns.a }}{{ ns.items }}{{ ns.nope }}|", "2i|"),
    ("{% set d = {'items': 1, 'x': 2} %}{{ d['items'] }}{{ d.x }}{{ d.items is callable }}", "12True"),
    ("{{ messages[0].content[1:4] }}{{ messages[::-1][0].role }}{{ messages[-1:][0].role }}", "i <assistantassistant"),
    ("{{ 1 < 2 < 3 }}{{ messages[0] == messages[0] }}{{ messages[0].content in [messages[0].content] }}", "TrueTrueTrue"),
    ("{{ {messages[0].role: 1}[messages[0].role] }}{{ {}[messages[0].role] }}|", "1|"),
    ("{% for k, v in messages[0] | items %}{{ k }}={{ v }};{% endfor %}", "role=user;content=Hi <b> é;"),
    ("{{ messages[0] | tojson(indent=1, sort_keys=true) }}", '{\n "content": "Hi <b> é",\n "role": "user"\n}'),
    ("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join }}", "Hi <b> é"),
    ("{{ ('<' | safe) + messages[0].content }}", "<Hi &lt;b&gt; é"),
    ("{{ 'a' 'b' ~ 7 // 2 ~ -7 % 3 }}{{ 2.5 | round }}", "ab322.0"),
    ("{% set x %}<{{ messages[0].role }}>{% endset %}{{ x | length }}{{ x }}", "6<user>"),
    ("{% macro m(a, b='B') %}{{ a }}{{ b }}{{ kwargs }}{% endmacro %}{{ m(1, c=2) }}", "1B{'c': 2}"),
    ("{% for x in [[1, [2]], 3] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "123"),
    ("{{ strftime_now is defined }}{{ tools is none }}{{ add_generation_prompt }}", "TrueTrueFalse"),
]  # fmt: skip

REFUSED = [
    (
        "{% set ns = namespace() %}{% set ns._x = 1 %}",
        "cannot store underscore-prefixed attributes",
    ),
    ("{{ namespace(_x=1) }}", "cannot store underscore-prefixed attributes"),
    ("{{ strftime_now(5) }}", "must be str, not int"),
    ("{{ 1 + 'a' }}", "unsupported operand"),
    ("{{ messages.append(1) }}", "access to attribute 'append'"),
    ("{{ messages[0].nope.more }}", "has no attribute 'nope'"),
]


@pytest.mark.parametrize(("source", "text"), FEATURES)
def test_a_feature_gives_the_text_that_transformers_gives(source, text):
    template = ChatTemplate(source)
    assert template.render([USER, THOUGHT]) == text
    assert "".join(s.text for s in template.render_segments([USER, THOUGHT])) == text


@pytest.mark.parametrize(("source", "said"), REFUSED)
def test_what_transformers_refuses_is_refused_in_its_words(source, said):
    with pytest.raises(TemplateError, match=said):
        ChatTemplate(source).render([USER, THOUGHT])


@dataclass
class Said:
    role: str
    content: object


class Modelled:
    def model_dump(self):
        return {"role": "user", "content": "from a model"}


def test_records_are_read_as_what_they_hold():
    template = ChatTemplate("{% for m in messages %}{{ m.content }};{% endfor %}")
    assert template.render([Said("user", "a"), Modelled()]) == "a;from a model;"  # pyright: ignore


@pytest.mark.parametrize(
    ("field", "message", "said"),
    [
        (True, {"role": "assistant"}, 'has no "content" to continue'),
        ("thinking", {"role": "assistant", "content": "a"}, 'has no "thinking" to continue'),
        ("name", {"role": "assistant", "name": "a"}, "not an accepted field in the chat_template"),
        (True, {"role": "assistant", "content": [{"type": "image"}]}, "could not find any text"),
    ],
)
def test_why_a_message_cannot_be_continued_is_said_as_transformers_says_it(field, message, said):
    template = ChatTemplate("{% for m in messages %}{{ m.content }}{{ m.thinking }}{% endfor %}")
    with pytest.raises(TemplateError, match=said):
        template.render([message], continue_final_message=field)
