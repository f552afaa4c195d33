"""Draws a training: the loss, and the share of unseen questions answered, over the tokens. No library needed.

python training/plot.py        reads the logs and eval.jsonl of training/record, writes training/record/nano.svg
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

RECORD = Path(__file__).parent / "record"
WIDTH, HEIGHT, LEFT, GAP = 760, 220, 60, 60
COLOURS = ("#1f6f8b", "#c8553d", "#5c8001", "#7d4f9e", "#b8860b", "#444444")
Points = list[tuple[float, float]]


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def panel(title: str, curves: dict[str, Points], top: int, last: float, highest: float) -> list[str]:
    """One diagram: axes, a curve with its name for each entry."""

    def x(tokens: float) -> float:
        return LEFT + tokens / last * (WIDTH - LEFT - 150)

    def y(value: float) -> float:
        return top + HEIGHT - min(value, highest) / highest * HEIGHT

    out = [f'<text x="{LEFT}" y="{top - 10}" font-weight="bold">{title}</text>']
    for i in range(5):
        value = highest * i / 4
        out += [f'<line x1="{LEFT}" x2="{x(last):.0f}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>', f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>']
    step = max(1, round(last / 1e6 / 6))
    out += [f'<text x="{x(m * 1e6):.0f}" y="{top + HEIGHT + 18}" text-anchor="middle">{m} M</text>' for m in range(0, int(last / 1e6) + 1, step)]
    ends: list[float] = []
    for (name, points), colour in zip(curves.items(), COLOURS * 3, strict=False):
        path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in points)
        label = y(points[-1][1])
        while any(abs(label - other) < 13 for other in ends):
            label += 13 if label < top + HEIGHT / 2 else -13
        ends.append(label)
        out += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>', f'<text x="{x(points[-1][0]) + 8:.0f}" y="{label + 4:.1f}" fill="{colour}">{name}</text>']
        out += [f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="2.4" fill="{colour}"/>' for t, v in points if len(points) < 40]
    return out


def main() -> None:
    log = [row for name in ("nano.jsonl", "nano-2.jsonl") for row in lines_of(RECORD / name) if "loss" in row]
    kinds: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in lines_of(RECORD / "eval.jsonl"):
        got = kinds[row["kind"]][row["tokens"]]
        got[0] += row["right"]
        got[1] += row["of"]
    last = max([row["tokens"] for row in log] + [t for k in kinds.values() for t in k], default=1)
    loss = {"loss": [(row["tokens"], row["loss"]) for row in log]}
    share = {kind: sorted((t, 100 * right / of) for t, (right, of) in at.items()) for kind, at in kinds.items()}
    body = panel("loss of what nano has to write (the examples grew harder on the way)", loss, 40, last, 1.0)
    body += panel("unseen questions answered, in percent", share, 40 + HEIGHT + GAP + 20, last, 100.0) if share else []
    full = 2 * HEIGHT + 2 * GAP + 60
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{full}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
    (RECORD / "nano.svg").write_text(svg + "\n".join(body) + "</svg>\n", "utf-8")
    print(f"{len(log)} steps, {len(kinds)} kinds -> {RECORD / 'nano.svg'}")


if __name__ == "__main__":
    main()
