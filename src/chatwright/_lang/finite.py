"""Rules made finite: what contains itself may do so only so often, and what could never end is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .tree import NEVER, Either, Node, Ref, Repeat, Seq, Set, either, refs, seq, within

__all__ = ["inlined", "pruned", "unrolled"]

_DEEPEST = 12
_FEWEST = 3
_MOST_RULES = 2500
_MOST_BRACKETS = 12


def unrolled(rules: Mapping[str, Node], root: Node) -> tuple[Node, dict[str, Node]]:
    """The rules that the root needs, those in a circle once for each level of nesting."""
    group, heads = _circles(rules, root)
    sizes: dict[int, int] = {}
    for name in group:
        sizes[group[name]] = sizes.get(group[name], 0) + 1
    circling = sum(sizes[group[name]] for name in heads)
    levels = max(_FEWEST, min(_DEEPEST, _MOST_RULES // max(circling, 1)))
    made: dict[str, Node] = {}
    names: dict[tuple[str, int], str] = {}
    ahead: list[tuple[str, int]] = []

    def named(name: str, level: int) -> Node:
        key = (name, level)
        if key not in names:
            fresh = name if level == 0 else f"{name}-in-{level}"
            while fresh in made or (level and fresh in rules):
                fresh += "-x"
            names[key] = fresh
            made[fresh] = NEVER
            ahead.append(key)
        return Ref(names[key])

    def copied(node: Node, inside: str | None, level: int) -> Node:
        match node:
            case Ref(name) if name in rules:
                same = inside is not None and group[name] == group[inside]
                here = level + (name in heads) if same else 0
                return named(name, here) if here < levels else NEVER
            case Seq(items):
                return Seq(tuple(copied(item, inside, level) for item in items))
            case Either(options):
                return Either(tuple(copied(option, inside, level) for option in options))
            case Repeat(item, least, most):
                return Repeat(copied(item, inside, level), least, most)
            case _:
                return node

    start = copied(root, None, 0)
    while ahead:
        name, level = ahead.pop()
        made[names[name, level]] = copied(rules[name], name, level)
    return start, made


def _circles(rules: Mapping[str, Node], root: Node) -> tuple[dict[str, int], set[str]]:
    """For each rule the number of its circle (rules that contain each other), and where circles are entered."""
    leads = {
        name: list(dict.fromkeys(r for r in refs(node) if r in rules))
        for name, node in rules.items()
    }
    done, heads = _walked(leads, [r for r in refs(root) if r in rules])
    back: dict[str, list[str]] = {name: [] for name in done}
    for name in done:
        for to in leads[name]:
            back[to].append(name)
    # what leads to a rule that was left last, and has no circle yet, is in one with it
    group: dict[str, int] = {}
    for number, start in enumerate(reversed(done)):
        ahead = [start]
        while ahead:
            name = ahead.pop()
            if name not in group:
                group[name] = number
                ahead += [n for n in back[name] if n not in group]
    return group, heads


def _walked(leads: Mapping[str, list[str]], starts: Sequence[str]) -> tuple[list[str], set[str]]:
    """The rules in the order in which they are left, the deepest first, and those met again on the way down."""
    done: list[str] = []
    heads: set[str] = set()
    seen: set[str] = set()
    path: set[str] = set()
    ahead = [(start, False) for start in reversed(starts)]
    while ahead:
        name, leaving = ahead.pop()
        if leaving:
            path.discard(name)
            done.append(name)
        elif name in path:
            heads.add(name)
        elif name not in seen:
            seen.add(name)
            path.add(name)
            ahead.append((name, True))
            ahead += [(to, False) for to in reversed(leads[name])]
    return done, heads


def pruned(rules: Mapping[str, Node], root: Node) -> tuple[Node, dict[str, Node]]:
    """Without the options that could never be finished. `NEVER` where nothing is left."""
    finite: set[str] = set()
    users: dict[str, list[str]] = {}
    for name, node in rules.items():
        for used in refs(node):
            users.setdefault(used, []).append(name)
    ahead = list(rules)
    while ahead:
        name = ahead.pop()
        if name not in finite and _ends(rules[name], finite, rules):
            finite.add(name)
            ahead += users.get(name, [])
    kept = {name: _cut(rules[name], finite, rules) for name in rules if name in finite}
    return _cut(root, finite, rules), kept


def _ends(node: Node, finite: set[str], rules: Mapping[str, Node]) -> bool:
    """Whether some text of it is finite."""
    match node:
        case Ref(name):
            return name in finite or name not in rules
        case Seq(items):
            return all(_ends(item, finite, rules) for item in items)
        case Either(options):
            return any(_ends(option, finite, rules) for option in options)
        case Repeat(item, least, _):
            return least == 0 or _ends(item, finite, rules)
        case Set(found):
            return bool(found.write)
        case _:
            return True


def _cut(node: Node, finite: set[str], rules: Mapping[str, Node]) -> Node:
    match node:
        case Seq(items):
            return seq(*(_cut(item, finite, rules) for item in items))
        case Either(options):
            return either(kept for o in options if (kept := _cut(o, finite, rules)) != NEVER)
        case Repeat(item, least, most):
            return within(_cut(item, finite, rules), least, most)
        case _:
            return node if _ends(node, finite, rules) else NEVER


def inlined(root: Node, rules: Mapping[str, Node]) -> tuple[Node, dict[str, Node]]:
    """Without the rules that only one place needs, as far as it stays readable. The rules must not be in circles."""
    uses: dict[str, int] = {}
    for node in (root, *rules.values()):
        for name in refs(node):
            uses[name] = uses.get(name, 0) + 1
    depth: dict[str, int] = {}
    kept: dict[str, Node] = {}

    def put(node: Node) -> tuple[Node, int]:
        """The node with its rules in place, and how many brackets it may have inside each other."""
        match node:
            case Ref(name) if name in rules:
                found = kept[name]
                if (uses[name] == 1 and depth[name] < _MOST_BRACKETS) or isinstance(found, Ref):
                    return found, depth[name]
                return node, 0
            case Seq(parts) | Either(parts):
                made = [put(part) for part in parts]
                new = [n for n, _ in made]
                deep = max((d for _, d in made), default=0)
                return (seq(*new), deep) if isinstance(node, Seq) else (either(new), deep + 1)
            case Repeat(item, least, most):
                inner, deep = put(item)
                return Repeat(inner, least, most), deep + 1
            case _:
                return node, 0

    for name in _inner_first(rules):
        kept[name], depth[name] = put(rules[name])
    top, _ = put(root)
    needed: dict[str, Node] = {}
    ahead = [name for name in refs(top) if name in rules]
    while ahead:
        name = ahead.pop()
        if name not in needed:
            needed[name] = kept[name]
            ahead += [n for n in refs(kept[name]) if n in rules]
    return top, {name: kept[name] for name in rules if name in needed}


def _inner_first(rules: Mapping[str, Node]) -> list[str]:
    """The rules, each behind those that it uses."""
    order: list[str] = []
    seen: set[str] = set()
    for start in rules:
        ahead = [(start, False)]
        while ahead:
            name, done = ahead.pop()
            if done:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                ahead.append((name, True))
                ahead += [(n, False) for n in refs(rules[name]) if n in rules]
    return order
