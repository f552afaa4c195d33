"""TGI's own OpenAPI document, corrected where it says other than the server it describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SPEC = Path(__file__).parent.parent.parent / "shared" / "conformance" / "tgi_openapi.json"

# What it leaves open is answered with a refusal most of the time; other tests ask for these.
_UNDERTOLD = ("logit_bias", "suffix", "best_of", "watermark", "adapter_id", "n", "top_logprobs", "grammar", "truncate",
              "decoder_input_details")  # fmt: skip
_ERRORS = ("400", "404", "405", "408", "413", "415", "422", "424", "429")
_NESTED = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {"message": {"type": "string"}, "type": {"type": "string"}},
        }
    },
}
_FLAT = {"$ref": "#/components/schemas/ErrorResponse"}
_MODELS = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {
        "object": {"type": "string", "enum": ["list"]},
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/ModelInfo"}},
    },
}


def corrected(most_tokens: int) -> dict[str, Any]:
    """The document with defaults and examples of the right types, the replies that it leaves out, and answers of at
    most so many tokens, so that fuzzing is not waiting."""
    spec = _plain(json.loads(SPEC.read_text("utf-8")))
    schemas = spec["components"]["schemas"]
    schemas["CompletionComplete"]["properties"]["logprobs"] = {}
    # A reply may have both text and calls; the document has one or the other.
    schemas["OutputMessage"] = {"anyOf": schemas["OutputMessage"]["oneOf"]}
    for name, field in (("GenerateParameters", "max_new_tokens"), ("ChatRequest", "max_tokens"), ("CompletionRequest", "max_tokens")):  # fmt: skip
        schema = schemas[name]
        schema["properties"][field] = {"type": "integer", "minimum": 0, "maximum": most_tokens}
        schema["required"] = [*schema.get("required", ()), field]
    for name in ("GenerateRequest", "CompatGenerateRequest"):
        schemas[name]["required"] = ["inputs", "parameters"]
    _narrow(schemas)
    for path, item in spec["paths"].items():
        for operation in item.values():
            _correct(path, operation["responses"])
    spec["paths"]["/v1/models"]["get"]["responses"]["200"]["content"] = _json(_MODELS)
    return spec


def _narrow(schemas: dict[str, Any]) -> None:
    """Leave out what no request to this server can have and be answered, so that some of them are."""
    words = {"type": "string", "minLength": 1, "maxLength": 40}
    stops = {"type": "array", "items": words, "maxItems": 4, "nullable": True}
    role = {"type": "string", "enum": ["system", "user", "assistant"]}
    schemas["MessageContent"] = {"type": "string"}
    schemas["Message"] = {"type": "object", "required": ["role", "content"], "properties": {"role": role, "content": {"type": "string"}}}  # fmt: skip
    schemas["Prompt"] = {"type": "array", "items": words, "minItems": 1, "maxItems": 4}
    for name in ("ChatRequest", "CompletionRequest", "GenerateParameters"):
        known = schemas[name]["properties"]
        for field in _UNDERTOLD:
            known.pop(field, None)
        known["stop"] = stops
    schemas["ChatRequest"]["properties"]["messages"]["minItems"] = 1
    for field in ("response_format", "tools", "tool_choice"):
        schemas["ChatRequest"]["properties"].pop(field)


def _correct(path: str, responses: dict[str, Any]) -> None:
    told = _NESTED if path.startswith("/v1/") else _FLAT
    for status in _ERRORS:
        responses[status] = {"description": "", "content": _json(told)}
    responses.pop("500", None)
    # Events are no JSON document: they are read in other tests.
    if "text/event-stream" in responses["200"].get("content", {}):
        responses["200"]["content"]["text/event-stream"] = {}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _plain(node: Any) -> Any:
    """Without defaults and examples, of which many are strings that say `null`; bounds as version 3.0 spells them."""
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {k: _plain(v) for k, v in node.items() if k not in ("default", "example")}
    for name, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(name), (int, float)) and not isinstance(found[name], bool):
            found[bound], found[name] = found[name], True
    return found
