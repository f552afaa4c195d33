"""The special tokens of a tokenizer's files: which of them a chat template sees, and which are control tokens.

The rules are those of transformers 5: a token that has a name is a variable of the template; lists of further
tokens are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import TemplateError

__all__ = [
    "SPECIAL_TOKENS",
    "Special",
    "Token",
    "added",
    "merged",
    "read_added",
    "read_special",
    "said",
    "token_text",
]

SPECIAL_TOKENS = tuple(
    f"{name}_token" for name in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]
)
_LISTS = ("extra_special_tokens", "additional_special_tokens")

_ADDED_TOKEN = "__type"

# What a class of tokenizers means where its configuration does not name a token at all (null names it).
_GPT2 = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
_LLAMA = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
_QWEN = {"eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
_UNNAMED: dict[str, dict[str, str]] = {
    "CodeLlamaTokenizer": _LLAMA,
    "CohereTokenizer": {
        "bos_token": "<BOS_TOKEN>",
        "eos_token": "<|END_OF_TURN_TOKEN|>",
        "unk_token": "<UNK>",
        "sep_token": "<SEP>",
        "pad_token": "<PAD>",
        "cls_token": "<CLS>",
        "mask_token": "<MASK_TOKEN>",
    },
    "GPT2Tokenizer": _GPT2,
    "GPTNeoXTokenizer": {**_GPT2, "pad_token": "<|padding|>"},
    "GemmaTokenizer": {
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    },
    "LlamaTokenizer": _LLAMA,
    "Qwen2Tokenizer": _QWEN,
    "Qwen3_5Tokenizer": _QWEN,
}

Token = str | Mapping[str, Any] | None
"""A token as files write it: its text, an object with its text as `content`, or null."""


@dataclass(frozen=True, slots=True)
class Special:
    """The tokens with a name, which a template sees, and all that are known to be special."""

    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    listed: tuple[str, ...] = ()


def token_text(name: str, value: Any) -> str | None:
    """The token's text, whatever form it is written in; `None` where there is none."""
    if value is None:
        return None
    text = value
    if isinstance(value, Mapping):
        text = cast("Mapping[str, Any]", value).get("content")
    if isinstance(text, str):
        return str.__str__(text)
    raise TemplateError(
        f"{name[:80]} is a {type(cast('object', value)).__name__}, not the text of a token",
        'write "<s>", {"content": "<s>"} or null',
    )


def merged(config: Mapping[str, Any], legacy: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer_config.json with special_tokens_map.json: the map counts where the config lists no added tokens."""
    name = str(config.get("tokenizer_class") or "").removesuffix("Fast")
    both = {**_UNNAMED.get(name, {}), **config}
    if "added_tokens_decoder" in config:
        return both
    # In the map every object is a token; in the configuration only one that says so.
    both |= said(legacy)
    extra = _LISTS[0]
    if isinstance(legacy.get(extra), list) and isinstance(config.get(extra), list):
        both[extra] = [*config[extra], *legacy[extra]]
    return both


def read_special(config: Mapping[str, Any]) -> Special:
    """The special tokens of a tokenizer's configuration."""
    found = {name: token_text(name, config.get(name)) for name in SPECIAL_TOKENS}
    # A setting of another kind may be called so, too: `add_bos_token` is true or false.
    further = {n: v for n, v in config.items() if n.endswith("_token") and n not in found}
    specific = {n: v for n, v in further.items() if _is_token(v)}
    listed: list[str] = []
    for name in _LISTS:
        value: Any = config.get(name)
        if isinstance(value, Mapping):
            specific.update(cast("Mapping[str, Any]", value))
        elif isinstance(value, list | tuple):
            texts = (token_text(name, token) for token in cast("Sequence[Any]", value))
            listed += [text for text in texts if text]
    # This one is what a saved tokenizer wrote of them, and only then looked at.
    specific = specific or config.get("model_specific_special_tokens")
    if isinstance(specific, Mapping):
        tokens = cast("Mapping[str, Any]", specific)
        found.update({name: token_text(name, token) for name, token in tokens.items()})
    variables = {name: text for name, text in found.items() if text is not None}
    return Special(variables, _once([*variables.values(), *listed]))


def read_added(config: Mapping[str, Any]) -> list[tuple[str, bool]] | None:
    """The added tokens that a configuration lists, and whether each is special; `None` where it lists none."""
    decoder = config.get("added_tokens_decoder")
    if not isinstance(decoder, Mapping):
        return None
    return added(cast("Mapping[str, Any]", decoder).values())


def added(tokens: Iterable[Any]) -> list[tuple[str, bool]]:
    """The texts of tokens as tokenizer.json writes them, and whether each is special."""
    known = [cast("Mapping[str, Any]", token) for token in tokens if isinstance(token, Mapping)]
    pairs = [(token.get("content"), bool(token.get("special"))) for token in known]
    return [(text, special) for text, special in pairs if isinstance(text, str) and text]


def said(tokens: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with every object that stands for a token marked as one."""
    marked = dict(tokens)
    for name, value in tokens.items():
        if isinstance(value, Mapping) and name not in _LISTS:
            marked[name] = {**cast("Mapping[str, Any]", value), _ADDED_TOKEN: "AddedToken"}
    return marked


def _is_token(value: Any) -> bool:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(_ADDED_TOKEN) == "AddedToken"
    return isinstance(value, str)


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
