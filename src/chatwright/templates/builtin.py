"""Chat formats by name, for models that come without a template of their own, in our own words.

They are for whoever knows what a model was trained on: `chat_template="chatml"`.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from ..errors import TemplateError, did_you_mean

__all__ = ["BUILT_IN", "BuiltIn", "no_template", "pick"]

_TEXT = """\
{%- macro said(message) -%}
  {%- set content = message.content -%}
  {%- if content is string -%}{{ content }}
  {%- else -%}{%- for part in content or [] -%}{{ part.text }}{%- endfor -%}
  {%- endif -%}
{%- endmacro -%}
"""

# Formats without a system role show its text before the next question, and none is lost.
_FOLDED = """\
{%- set ns = namespace(system='') -%}
{%- macro question(message) -%}
  {%- if ns.system -%}{{ BEFORE + ns.system + AFTER }}{%- set ns.system = '' -%}{%- endif -%}
  {{ said(message) }}
{%- endmacro -%}
"""

_UNKNOWN = "{{ raise_exception('the built-in format NAME has no role ' + m.role) }}"

_TAGGED = """\
{%- for m in messages -%}
{{ OPEN + m.role + CLOSE }}{{ said(m) }}{{ END }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ OPEN + 'assistant' + CLOSE }}{%- endif -%}"""

_INST = """\
{%- for m in messages -%}
  {%- if m.role == 'system' -%}
    {%- set ns.system = ns.system + ('\\n\\n' if ns.system else '') + said(m) -%}
  {%- elif m.role == 'user' -%}
    {{- START + '[INST] ' }}{{ question(m) }}{{ ' [/INST]' -}}
  {%- elif m.role == 'assistant' -%}
    {{- ' ' }}{{ said(m) }}{{ eos_token -}}
  {%- else -%}UNKNOWN{%- endif -%}
{%- endfor -%}
{%- if ns.system -%}{{ START + '[INST] ' + BEFORE + ns.system + AFTER + ' [/INST]' }}{%- endif -%}"""

_GEMMA = """\
{{- bos_token -}}
{%- for m in messages -%}
  {%- if m.role == 'system' -%}
    {%- set ns.system = ns.system + ('\\n\\n' if ns.system else '') + said(m) -%}
  {%- elif m.role == 'user' -%}
    {{- '<start_of_turn>user\\n' }}{{ question(m) }}{{ '<end_of_turn>\\n' -}}
  {%- elif m.role == 'assistant' -%}
    {{- '<start_of_turn>model\\n' }}{{ said(m) }}{{ '<end_of_turn>\\n' -}}
  {%- else -%}UNKNOWN{%- endif -%}
{%- endfor -%}
{%- if ns.system -%}{{ '<start_of_turn>user\\n' + ns.system + '<end_of_turn>\\n' }}{%- endif -%}
{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}"""

_NAMED = """\
{%- set names = NAMES -%}
{%- for m in messages -%}
  {%- if m.role not in names -%}UNKNOWN{%- endif -%}
  {{- names[m.role] }}{{ said(m) }}{{ (eos_token if m.role == 'assistant' else '') + GAP -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ names['assistant'].rstrip(' ') }}{%- endif -%}"""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A format: its template, the tokens it writes itself, and what it calls BOS and EOS if the model does not say."""

    name: str
    source: str
    tokens: tuple[str, ...] = ()
    bos: str = ""
    eos: str = ""

    def missing(self, vocabulary: Container[str], *, bos: str | None, eos: str | None) -> list[str]:
        """The tokens that it needs and a vocabulary does not have."""
        ends = [self.bos if bos is None else bos, self.eos if eos is None else eos]
        return [token for token in (*self.tokens, *ends) if token and token not in vocabulary]


def _tagged(opening: str, close: str, end: str, before: str = "") -> str:
    body = _TAGGED.replace("OPEN", opening).replace("CLOSE", close).replace("END", end)
    return _TEXT + before + body


def _folded(name: str, body: str, before: str = "''", after: str = "'\\n\\n'") -> str:
    source = _TEXT + _FOLDED + body.replace("UNKNOWN", _UNKNOWN.replace("NAME", name))
    return source.replace("BEFORE", before).replace("AFTER", after)


def _named(name: str, names: str, gap: str) -> str:
    body = _NAMED.replace("UNKNOWN", _UNKNOWN.replace("NAME", name))
    return _TEXT + body.replace("NAMES", names).replace("GAP", gap)


_BOS = "{{- bos_token -}}\n"
_SYS = ("'<<SYS>>\\n'", "'\\n<</SYS>>\\n\\n'")
_VICUNA = "{'system': '', 'user': 'USER: ', 'assistant': 'ASSISTANT: '}"
_ALPACA = "{'system': '', 'user': '### Instruction:\\n', 'assistant': '### Response:\\n'}"
_PLAIN = "{'system': 'System: ', 'user': 'User: ', 'assistant': 'Assistant: '}"

BUILT_IN = {
    known.name: known
    for known in [
        BuiltIn("alpaca", _named("alpaca", _ALPACA, "'\\n\\n'"), (), "", "</s>"),
        BuiltIn(
            "chatml",
            _tagged("'<|im_start|>'", "'\\n'", "'<|im_end|>\\n'"),
            ("<|im_start|>", "<|im_end|>"),
        ),
        BuiltIn("gemma", _folded("gemma", _GEMMA), ("<start_of_turn>", "<end_of_turn>"), "<bos>"),
        BuiltIn(
            "llama2",
            _folded("llama2", _INST.replace("START", "bos_token"), *_SYS),
            (),
            "<s>",
            "</s>",
        ),
        BuiltIn(
            "llama3",
            _tagged("'<|start_header_id|>'", "'<|end_header_id|>\\n\\n'", "'<|eot_id|>'", _BOS),
            ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
            "<|begin_of_text|>",
        ),
        BuiltIn(
            "mistral", _folded("mistral", _BOS + _INST.replace("START", "''")), (), "<s>", "</s>"
        ),
        BuiltIn(
            "phi3",
            _tagged("'<|'", "'|>\\n'", "'<|end|>\\n'"),
            ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        ),
        BuiltIn("plain", _named("plain", _PLAIN, "'\\n'")),
        BuiltIn("vicuna", _named("vicuna", _VICUNA, "' '"), (), "", "</s>"),
        BuiltIn("zephyr", _tagged("'<|'", "'|>\\n'", "eos_token + '\\n'"), (), "", "</s>"),
    ]
}


def pick(
    name: str,
    *,
    vocabulary: Container[str] | None = None,
    bos: str | None = None,
    eos: str | None = None,
) -> BuiltIn:
    """The format of that name, if the vocabulary (where it is known) has the tokens that it writes."""
    found = BUILT_IN.get(name)
    if found is None:
        raise TemplateError(
            f"there is no built-in chat format '{name[:80]}'", did_you_mean(name, BUILT_IN)
        )
    if vocabulary is None or not (missing := found.missing(vocabulary, bos=bos, eos=eos)):
        return found
    fitting = [
        other.name for other in BUILT_IN.values() if not other.missing(vocabulary, bos=bos, eos=eos)
    ]
    raise TemplateError(
        f"the format '{name}' writes {', '.join(missing)}, and the model's vocabulary has no such token",
        f"built-in formats whose tokens it has: {', '.join(fitting) or 'none'}; or give a template of its own",
    )


def no_template(what: str, also: str = "") -> TemplateError:
    """The error for a model without a chat template, which names the ways out."""
    names = ", ".join(f'"{name}"' for name in BUILT_IN)
    return TemplateError(
        f"{what} has no chat template",
        (f"{also}; or " if also else "")
        + f"give chat_template= the format that it was trained on ({names}), a file (chat_template.jinja), or the "
        'template of a model like it (model_id="org/name-Instruct"); a base model continues text: complete(prompt)',
    )
