"""JSON schemas and regular expressions as GBNF: what a local model may write, token by token.

**Schemas.** What a grammar allows is JSON with one space after `,` and `:` and no other white space, the keys in
the order of the schema: that is the smallest grammar, and what `json.dumps` writes. Everything is bounded, so that
an answer always ends: a string without `maxLength` at 1000 characters, a list without `maxItems` at 50 items, a
number at 16 digits, a schema inside itself at 12 levels. A bound never forbids what the schema asks for.

| keywords | what becomes of them |
|---|---|
| `type`, `enum`, `const`, `nullable` | exact |
| `properties`, `required`, `propertyNames`, `minProperties`, `maxProperties` | exact; only listed properties are written |
| `additionalProperties`, `patternProperties`, `unevaluatedProperties` | written where a schema is given for them; two patterns that match the same key are an error |
| `items`, `prefixItems`, `additionalItems`, `minItems`, `maxItems`, `unevaluatedItems` | exact; what has its own place is always written |
| `contains`, `minContains` | what must be there is written first; `maxContains` is an error |
| `uniqueItems` | exact, and in the order of the schema, where the items are a list of values; else checked afterwards |
| `minLength`, `maxLength`, `pattern`, `format` | exact, also all at once; a format that has no meaning for us is an error |
| `minimum`, `maximum`, `exclusive…` | exact; a bounded number is written without an exponent |
| `multipleOf` | exact; an error where that takes too many digits |
| `allOf`, `anyOf`, `$ref` | exact, with any neighbours |
| `oneOf` | exact where its schemas exclude each other, else an error |
| `not`, `if`, `then`, `else` | exact where the opposite can be said in JSON Schema, else an error |
| `dependentRequired`, `dependentSchemas`, `dependencies` | exact |
| `title`, `description`, `default`, `examples`, `x-…` and the like | say nothing |
| `$dynamicRef`, `$recursiveRef`, a `$ref` out of the schema, any other keyword | an error |

An error names the keyword and the place. Whatever comes back is checked with `schema.validate` all the same.

**Patterns.** The whole answer matches. `\\d`, `\\w` and `\\s` are written in ASCII, `.` never as the end of a line;
repeats without an end share 1000 characters (none gets less than 100), or 200 times where more than a character
is repeated; where they stand inside each other, or a pattern can be read in many ways, all of it is cut earlier.
Lookaround, backreferences, possessive repeats and word boundaries are errors that name their position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ._gbnf import Rules, literal
from ._schema.document import Schema
from .errors import ConstraintError
from .request import Constraint, Grammar, JsonSchema, Regex

if TYPE_CHECKING:
    from ._lang.tree import Node

__all__ = [
    "Rules",
    "add_constraint",
    "add_regex",
    "add_schema",
    "after_thinking",
    "check_constraint",
    "check_gbnf",
    "follows",
    "literal",
    "matches",
    "regex_to_gbnf",
    "schema_to_gbnf",
    "to_gbnf",
]


def schema_to_gbnf(schema: Schema, *, root: str = "root") -> str:
    """The grammar of the JSON values that fit `schema`; its start rule is `root`.

    >>> print(schema_to_gbnf({"enum": ["yes", "no"]}))
    root ::= "\\"" ("yes\\"" | "no\\"")
    """
    return _started(root, lambda rules: add_schema(rules, schema, root))


def regex_to_gbnf(pattern: str) -> str:
    """The grammar of the texts that match `pattern` as a whole.

    >>> print(regex_to_gbnf(r"[a-z]{2}-\\d+"))
    root ::= [a-z]{2} "-" [0-9]{1,1000}
    """
    return _started("root", lambda rules: add_regex(rules, pattern, "root"))


def to_gbnf(constraint: Constraint) -> str:
    """Any constraint as a grammar that the engine can follow, or the reason why not."""
    match constraint:
        case Grammar(gbnf):
            found = gbnf
        case JsonSchema(schema):
            found = schema_to_gbnf(schema)
        case Regex(pattern):
            found = regex_to_gbnf(pattern)
    check_gbnf(found)
    return found


def matches(pattern: str, text: str) -> bool:
    """Does the whole text match the pattern? In time that no pattern can make explode."""
    from ._lang.match import matcher

    return matcher(pattern).fullmatch(text)


def follows(gbnf: str, text: str) -> bool | None:
    """Does the whole text follow a grammar? None if it is the beginning of one that does."""
    from ._lang.cost import follows as found

    return found(gbnf, text)


def check_gbnf(gbnf: str) -> None:
    """Raise if the engine should not get this grammar: it is malformed, never ends, or has too many ways to go on."""
    from ._lang.cost import check

    check(gbnf)


def add_schema(rules: Rules, schema: Schema, name: str) -> str:
    """The expression for a value that fits `schema`, after adding the rules that it needs to `rules`.

    `name` starts the names of those rules, and says in an error where it happened.
    """
    from ._lang.cost import Loop, refuse_loops
    from ._lang.finite import unrolled
    from ._lang.tree import NEVER
    from ._schema.build import Builder
    from ._schema.keywords import check_schema
    from ._schema.merge import Placed

    check_schema(schema, name)
    builder = Builder(schema)
    root = builder.node([Placed(schema, name)])
    builder.finish()
    try:
        refuse_loops(builder.rules)
    except Loop as err:
        raise ConstraintError(
            f"{name}: a $ref leads back to itself", "let every $ref stand in a property or an item"
        ) from err
    top, named = _finished(*unrolled(builder.rules, root))
    if top == NEVER:
        raise builder.why_nothing(root, name)
    return _added(rules, top, named, name)


def add_regex(rules: Rules, pattern: str, name: str) -> str:
    """The expression for a text that matches `pattern`, after adding the rules that it needs."""
    from ._lang.patterns import ended, whole
    from ._lang.tree import NEVER
    from ._lang.write import automaton_rules

    if not isinstance(pattern, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConstraintError("a pattern is a string")
    found = whole(pattern)
    if found.built is None and found.tree is not None:
        root, named = _finished(ended(found.tree), {})
    else:
        root, named = _finished(*automaton_rules(found.automaton, name, json_string=False))
    if root == NEVER:
        raise ConstraintError(f"the pattern {pattern[:60]!r} matches nothing that can be written")
    return _added(rules, root, named, name)


def add_constraint(rules: Rules, constraint: Constraint, name: str) -> str:
    """The expression for an answer that fits a constraint, after adding the rules that it needs."""
    match constraint:
        case JsonSchema(schema):
            return add_schema(rules, schema, name)
        case Regex(pattern):
            return add_regex(rules, pattern, name)
        case Grammar(gbnf):
            return _add_grammar(rules, gbnf, name)


def after_thinking(constraint: Constraint, close: str) -> Grammar:
    """The grammar of a reply that thinks until it writes `close`, and then gives an answer that fits `constraint`.

    For a prompt that ends inside of a think tag: held to the constraint at once, a model could never leave it.
    """
    rules = Rules()
    rules.define("root", "")
    one = rules.define("thinking", '[^<] | "<" [^/<] | "</" [^t<]')
    some = rules.define("thinking-on", f"{one}{{1000}}")
    thought = f"{some}{{0,7}} {one}{{0,1000}}"
    answer = add_constraint(rules, constraint, "answer")
    rules.bodies["root"] = f'{thought} {literal(close)} "\\n"{{0,2}} {answer}'
    return Grammar(rules.text())


def check_constraint(constraint: Constraint) -> None:
    """Raise if a constraint makes no sense by itself, whoever is to follow it."""
    match constraint:
        case JsonSchema(schema):
            from ._schema.keywords import check_schema

            check_schema(schema)
        case Regex(pattern):
            from ._lang.match import matcher

            matcher(pattern)
        case Grammar():
            return  # only the engine that follows it can tell


def _add_grammar(rules: Rules, gbnf: str, name: str) -> str:
    """Another grammar inside this one, its rules under names of their own."""
    from ._lang.gbnf import bodies, renamed

    check_gbnf(gbnf)
    found = bodies(gbnf)
    names = {old: rules.define(f"{name}-{old}", "") for old in found}
    for old, body in found.items():
        rules.bodies[names[old]] = renamed(body, names)
    return names["root"]


def _finished(root: Node, named: Mapping[str, Node]) -> tuple[Node, dict[str, Node]]:
    """Without what could never be completed, and with as few rules as can be."""
    from ._lang.finite import inlined, pruned

    return inlined(*pruned(named, root))


def _added(rules: Rules, root: Node, named: Mapping[str, Node], name: str) -> str:
    from ._lang.tree import Either
    from ._lang.write import write

    known = {each: rules.define(each, "") for each in named}
    for each, node in named.items():
        rules.bodies[known[each]] = write(node, rules, known[each], known)
    text = write(root, rules, name, known)
    return f"({text})" if isinstance(root, Either) else text


def _started(root: str, add: Callable[[Rules], str]) -> str:
    rules = Rules()
    start = rules.define(root, "")
    if start != root:
        raise ConstraintError(f"'{root}' is no name for a rule", f"'{start}' would be one")
    rules.bodies[root] = add(rules)
    return rules.text()
