"""Draws a training: the loss and the share of questions answered, kind by kind, over the tokens. No library needed.

    python training/plot.py                        the run that made the file in the package: training/record/nano.svg
    python training/plot.py training/runs/mine     a run of your own: training/runs/mine/nano.svg

Reads the folder's logs (*.jsonl, as train.py writes them) and eval.jsonl (as evaluate.py --record writes it).
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

WIDTH, HEIGHT, LEFT, GAP = 760, 220, 60, 60
COLOURS = ("#1f6f8b", "#c8553d", "#5c8001", "#7d4f9e", "#b8860b", "#444444", "#d081a8", "#4fa3a5", "#8a5a2b")
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
    for i in range(6):
        tokens = last * i / 5
        out.append(f'<text x="{x(tokens):.0f}" y="{top + HEIGHT + 18}" text-anchor="middle">{tokens / 1e6:.3g} M</text>')
    labels = sorted((y(points[-1][1]), name) for name, points in curves.items())
    low = -1e9
    at: dict[str, float] = {}
    for wanted, name in labels:  # from the top down, and never on one another
        at[name] = low = max(wanted, low + 13)
    over = max(0.0, low - (top + HEIGHT))
    for (name, points), colour in zip(curves.items(), COLOURS * 9, strict=False):
        path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in points)
        out += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>', f'<text x="{x(last) + 8:.0f}" y="{at[name] - over + 4:.1f}" fill="{colour}">{name}</text>']
        out += [f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="2.4" fill="{colour}"/>' for t, v in points if len(points) < 40]
    return out


def answered(folder: Path) -> dict[str, Points]:
    """The questions of `eval/`, by kind, in percent."""
    kinds: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in lines_of(folder / "eval.jsonl"):
        got = kinds[row["kind"]][row["tokens"]]
        got[0] += row["right"]
        got[1] += row["of"]
    return {kind: sorted((t, 100 * right / of) for t, (right, of) in at.items()) for kind, at in kinds.items()}


def held_out(log: list[dict]) -> dict[str, Points]:
    """Examples of the generator that the training does not have: right to the last token, by kind, in percent."""
    curves: dict[str, Points] = defaultdict(list)
    for row in log:
        for kind, got in row.get("held_out", {}).items():
            curves[kind].append((row["tokens"], 100 * got["whole"]))
    return {kind: points for kind, points in curves.items() if kind != "all"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "record"
    logs = {path.stem: lines_of(path) for path in sorted(folder.glob("*.jsonl")) if path.name != "eval.jsonl"}
    log = [row for rows in logs.values() for row in rows]
    if not any("loss" in row for row in log):
        sys.exit(f"error: {folder} holds no log of a training")
    panels = [
        ("loss of what nano has to write (the examples grew harder on the way)", {name: [(row["tokens"], row["loss"]) for row in rows if "loss" in row] for name, rows in logs.items()}, 1.0),
        ("unseen questions answered, in percent", answered(folder), 100.0),
        ("held-out examples of the generator right to the last token, in percent", held_out(log), 100.0),
    ]
    panels = [(title, curves, highest) for title, curves, highest in panels if curves]
    last = max(tokens for _, curves, _ in panels for points in curves.values() for tokens, _ in points) or 1
    body: list[str] = []
    for i, (title, curves, highest) in enumerate(panels):
        body += panel(title, curves, 40 + i * (HEIGHT + GAP + 20), last, highest)
    full = 40 + len(panels) * (HEIGHT + GAP + 20)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{full}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
    (folder / "nano.svg").write_text(svg + "\n".join(body) + "</svg>\n", "utf-8")
    print(f"{len(log)} lines of log -> {folder / 'nano.svg'}")


if __name__ == "__main__":
    main()
