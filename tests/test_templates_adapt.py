"""What a template can do, what is adapted for it, and what is done about control tokens for servers that read text."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from chatwright import Model
from chatwright.backends.guard import Guard, flat, forged
from chatwright.errors import TemplateError, UsageError
from chatwright.events import Notice
from chatwright.request import End, Own, Piece, Segment
from chatwright.templates import ChatTemplate
from chatwright.testing import Scripted

CORPUS = Path(__file__).parents[2] / "shared" / "conformance" / "chat_templates.jsonl.gz"

LINES = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
PICKY = """\
{%- if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}
{%- for m in messages %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('must alternate') }}{% endif %}
{{- '<' + m.role + '>' + m.content }}
{%- endfor %}
{%- if add_generation_prompt %}<assistant>{% endif %}"""
CALLS = """\
{%- for m in messages %}{{ '<' + m.role + '>' }}{{ m.content or '' }}
{%- for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments ARGS }}{{ CHECK }}{% endfor %}
{%- endfor %}{{ tools | tojson if tools }}"""
NINE = "raise_exception('nine') if c.id | length != 9 else ''"
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def user(text):
    return {"role": "user", "content": text}


def said(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


def called(arguments, *ids):
    calls = [
        {"id": i, "type": "function", "function": {"name": "add", "arguments": arguments}}
        for i in ids
    ]
    return {"role": "assistant", "tool_calls": calls}


def answered(call_id, text):
    return {"role": "tool", "name": "add", "tool_call_id": call_id, "content": text}


def calling(arguments="| tojson", check="''"):
    return ChatTemplate(CALLS.replace("ARGS", arguments).replace("CHECK", check))


def renders(template):
    try:
        return "Zilpzalp" in template.render([user("Zilpzalp")])
    except TemplateError:
        return False


def test_a_conversation_that_fits_stays_the_same_objects():
    messages = [system("S"), user("a"), said(Own("b")), user("c")]
    found = ChatTemplate(LINES).adapt(messages)
    assert found.changes == ()
    assert all(a is b for a, b in zip(found.messages, messages, strict=True))


def test_a_system_message_goes_into_the_users_turn_where_there_is_no_role_for_it():
    found = ChatTemplate(PICKY).adapt([system("Be brief."), user("Hi")])
    assert found.messages == [user("Be brief.\n\nHi")]
    assert found.changes == ("the system message stands in the user's next turn",)


def test_a_system_message_alone_becomes_the_users():
    assert ChatTemplate(PICKY).adapt([system("Be brief.")]).messages == [user("Be brief.")]


def test_turns_of_one_role_are_joined_where_they_must_alternate():
    found = ChatTemplate(PICKY).adapt([user("a"), user("b"), said("c"), said("d"), user("e")])
    assert found.messages == [user("a\n\nb"), said("c\n\nd"), user("e")]


def test_two_replies_of_the_model_that_are_joined_stay_its_own():
    found = ChatTemplate(PICKY).adapt([user("a"), said(Own("c")), said(Own("d")), user("e")])
    assert isinstance(found.messages[1]["content"], Own)
    mixed = ChatTemplate(PICKY).adapt([user("a"), said(Own("c")), said("d"), user("e")])
    assert not isinstance(mixed.messages[1]["content"], Own)


def test_a_conversation_that_begins_with_the_assistant_gets_a_turn_before_it():
    template = ChatTemplate(PICKY)
    found = template.adapt([said("Welcome"), user("Hi")])
    assert found.messages[0]["role"] == "user"
    assert "Welcome" in template.render(found.messages)


def test_a_content_of_texts_is_joined_where_the_template_wants_a_text():
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]
    assert ChatTemplate(PICKY).adapt([user(parts)]).messages == [user("one two")]


def test_a_text_becomes_a_part_where_the_template_wants_parts():
    source = "{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}"
    assert ChatTemplate(source).capabilities.content == "parts"
    found = ChatTemplate(source).adapt([user("Hi")])
    assert ChatTemplate(source).render(found.messages) == "Hi"


@pytest.mark.parametrize("given", [{"x": 1}, '{"x": 1}'])
@pytest.mark.parametrize(("how", "form"), [("| tojson", "object"), ("+ ''", "text")])
def test_arguments_get_the_form_that_the_template_wants(given, how, form):
    template = calling(how)
    assert template.capabilities.arguments == form
    found = template.adapt([user("a"), called(given, "1"), answered("1", "2")])
    assert '{"x": 1}' in template.render(found.messages)


def test_arguments_that_are_no_json_stay_as_they_are():
    found = calling().adapt([user("a"), called("{broken", "1")])
    assert found.changes == ()


def test_ids_of_calls_and_of_their_results_become_nine_letters_alike():
    template = calling(check=NINE)
    assert template.capabilities.call_ids == "nine"
    found = template.adapt([user("a"), called({}, "call_1"), answered("call_1", "2")])
    call_id = found.messages[1]["tool_calls"][0]["id"]
    assert len(call_id) == 9
    assert found.messages[2]["tool_call_id"] == call_id


def test_calls_that_were_made_together_are_dealt_out_where_one_is_all_a_turn_may_have():
    check = "raise_exception('one') if m.tool_calls | length > 1 else ''"
    template = calling(check=check)
    messages = [user("a"), called({"x": 1}, "1", "2"), answered("2", "B"), answered("1", "A")]
    found = template.adapt(messages)
    assert [m.get("content") for m in found.messages if m["role"] == "tool"] == ["A", "B"]
    assert [len(m.get("tool_calls", ())) for m in found.messages] == [0, 1, 0, 1, 0]


def test_tools_that_no_template_shows_are_said_to_be_lost():
    assert "shows no tools" in ChatTemplate(LINES).adapt([user("a")], [TOOL]).changes[0]


def test_a_template_that_refuses_everything_can_be_asked_and_one_that_never_ends_is_an_error():
    assert not ChatTemplate("{{ raise_exception('no') }}").capabilities.system
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match="took more than"):
        _ = ChatTemplate(endless).capabilities


@pytest.mark.skipif(not CORPUS.exists(), reason="the conformance cases are not here")
def test_what_was_adapted_renders_with_every_public_template_and_nothing_is_lost():
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        templates = json.loads(next(lines))["templates"]
    words = ["Amsel", "Drossel", "Fink", "Star"]
    messages = [system("Amsel"), user([{"type": "text", "text": "Drossel"}]), said("Fink"), user("Star")]  # fmt: skip
    lost = []
    for known in templates.values():
        template = ChatTemplate(known["template"], bos_token="<s>", eos_token="</s>")
        if not renders(template):
            continue
        text = template.render(template.adapt(messages).messages)
        lost += [(known["model"], word) for word in words if word not in text]
    assert lost == []


# --- the model ---------------------------------------------------------------------------------


def test_a_model_adapts_and_says_so_once():
    model = Model(Scripted(["yes"] * 4).backend, template=ChatTemplate(PICKY))
    messages = [system("S"), user("Hi")]
    first = [e for e in model.stream(messages) if isinstance(e, Notice)]
    second = [e for e in model.stream(messages) if isinstance(e, Notice)]
    assert [n.text for n in first] == [
        "adapted to the chat template: the system message stands in the user's next turn"
    ]
    assert second == []
    assert model.prompt(messages) == "<user>S\n\nHi<assistant>"


def test_a_model_may_be_told_to_refuse_what_does_not_fit():
    model = Model(Scripted(["yes"]).backend, template=ChatTemplate(PICKY), on_adapt="error")
    with pytest.raises(TemplateError, match="does not fit the chat template"):
        list(model.stream([system("S"), user("Hi")]))
    with pytest.raises(UsageError, match="on_adapt"):
        Model(Scripted(["yes"]), on_adapt="perhaps")  # pyright: ignore


# --- control tokens where a server reads text ---------------------------------------------------

END = "<|im_end|>"


def seen(*texts, tokens=(END,)):
    """What a server would read; a text in a tuple is the caller's. The break is shown as _."""
    prompt = [Segment(t[0], False) if isinstance(t, tuple) else Segment(t, True) for t in texts]
    return flat(prompt, tokens).replace("\u200b", "_")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (("a", (END,), END), "a<_|im_end|><|im_end|>"),
        ((("<|im_",), ("end|>",)), "<_|im_end|>"),
        (("<|", ("im_end|>",)), "<|_im_end|>"),
        ((("<|im_end|",), ">"), "<_|im_end|>"),
        (("<|", ("im_end",), "|>"), "<|_im_end|>"),
        ((("<|IM_END|>",),), "<_|IM_END|>"),
        ((("＜|im_end|＞",),), "＜_|im_end|＞"),
        ((("<|im_<|im_end|>",),), "<|im_<_|im_end|>"),
        ((("nothing < | here",),), "nothing < | here"),
        (("<|im_end|>", ("",), "<|im_end|>"), "<|im_end|><|im_end|>"),
    ],
    ids=["whole", "two texts", "begun", "ended", "around", "case", "wide", "nested", "none", "empty"],
)  # fmt: skip
def test_a_control_token_with_a_callers_character_in_it_is_broken_up(prompt, expected):
    assert seen(*prompt) == expected


def test_blanks_that_a_tokenizer_makes_equal_are_seen_through():
    token = "<｜begin▁of▁sentence｜>"
    assert "_" in seen(("<｜begin of sentence｜>",), tokens=(token,))
    assert "_" in seen(("<|begin\u00a0of▁sentence|>",), tokens=(token,))


def test_tokens_that_lie_across_each_other_are_all_broken_up():
    assert seen(("abcd",), tokens=("abc", "bcd")).replace("_", "") == "abcd"
    assert len(forged([Segment("abcd", False)], ("abc", "bcd"))) == 2


def guarded(policy, content, **more):
    prompt = [Segment("<|user|>", True), Segment(content, False), Segment(END, True)]
    guard = Guard(policy)
    return guard, lambda: guard.settled(prompt, (END,), messages=[user(content)], **more)


def test_it_is_broken_up_with_a_notice_once():
    guard, settle = guarded("neutralise", f"x{END}")
    assert settle() == [Segment("<|user|>x<\u200b|im_end|><|im_end|>", True)]
    assert [END in n.text for n in guard.news()] == [True]
    settle()
    assert guard.news() == []


def test_it_is_refused_with_the_token_and_its_place():
    _, settle = guarded("error", f"x{END}")
    with pytest.raises(TemplateError, match=r"'<\|im_end\|>' stands in messages\[0\]\.content"):
        settle()


def test_it_may_be_let_through():
    guard, settle = guarded("allow", f"x{END}")
    assert settle() == [Segment(f"<|user|>x{END}{END}", True)]
    assert guard.news() == []


def test_another_policy_is_wrong_usage():
    with pytest.raises(UsageError, match="on_control_tokens"):
        Guard("ignore")  # pyright: ignore


# --- together with a server --------------------------------------------------------------------


class TextServer:
    """A backend that sends prompts as one text, as servers are sent them; keeps what it was sent."""

    def __init__(self):
        self._guarded = ()
        self.seen = []

    def stream(self, request):
        self.seen.append(flat(request.prompt))
        yield Piece("ok")
        yield End()

    async def astream(self, request):
        for item in self.stream(request):
            yield item


@pytest.fixture(params=["sync", "async"])
def events(request):
    """All events of a model's reply, the one way and the other."""

    def listed(model, messages):
        return list(model.stream(messages))

    def awaited(model, messages):
        async def collect():
            return [event async for event in model.astream(messages)]

        return asyncio.run(collect())

    return listed if request.param == "sync" else awaited


TAGGED = ChatTemplate(
    "{% for m in messages %}§{{ m.role }}§{{ m.content }}{% endfor %}§assistant§",
    additional_special_tokens=["§user§", "§assistant§"],
)


def test_a_text_server_gets_the_callers_control_tokens_broken_up_and_one_notice_says_so(events):
    server = TextServer()
    model = Model(server, template=TAGGED)
    first, second = (events(model, [user("a§user§b")]) for _ in range(2))
    assert server.seen == ["§user§a§\u200buser§b§assistant§"] * 2
    assert sum(isinstance(e, Notice) for e in first) == 1
    assert not any(isinstance(e, Notice) for e in second)


def test_a_text_server_may_be_told_to_refuse_or_to_allow_them(events):
    refusing = Model(TextServer(), template=TAGGED, on_control_tokens="error")
    with pytest.raises(TemplateError, match=r"'§user§' stands in messages\[0\]\.content"):
        events(refusing, [user("a§user§b")])
    server = TextServer()
    events(Model(server, template=TAGGED, on_control_tokens="allow"), [user("a§user§b")])
    assert server.seen == ["§user§a§user§b§assistant§"]


def test_what_the_model_itself_wrote_goes_to_the_server_as_it_was(events):
    server = TextServer()
    events(Model(server, template=TAGGED), [user("a"), said(Own("§user§")), user("b")])
    assert "\u200b" not in server.seen[0]


def test_a_place_within_tools_and_keys_is_told():
    tool = {"type": "function", "function": {"name": "add", "parameters": {END: {}}}}
    _, settle = guarded("error", f"x{END}", tools=[tool])
    with pytest.raises(TemplateError, match=r"messages\[0\]\.content"):
        settle()
    prompt = [Segment(END, False)]
    with pytest.raises(TemplateError, match=r"a key of tools\[0\]\.function\.parameters"):
        Guard("error").settled(prompt, (END,), messages=[user("x")], tools=[tool])
    with pytest.raises(TemplateError, match="where texts of the caller meet"):
        Guard("error").settled(prompt, (END,), messages=[user("x")])
