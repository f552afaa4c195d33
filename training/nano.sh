#!/usr/bin/env bash
# The whole recipe of the built-in model, from nothing to the GGUF in the package.
#
#   make nano                       hours on two CPU cores; can be stopped, and started again
#   RUN=training/runs/mine make nano
#   TOKENS=100_000_000 make nano    longer: better
#
# Each stage goes on where it was stopped. The bare drills (copying, looking up) come first: with them the
# circuits that copy form in minutes instead of an hour. Then the shares of the examples are those of traces.py.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv-train/bin/python}
RUN=${RUN:-training/runs/nano}
DRILLS=${DRILLS:-2_000_000}   # tokens
TOKENS=${TOKENS:-16_000_000}
FLAGS=(--run "$RUN" --batch-tokens 6144 --micro-tokens 2048 --no-compile)

[ -f training/runs/tokenizer.json ] || "$PYTHON" training/tokenizer.py
resume=()
[ -f "$RUN/ckpt.pt" ] && resume=(--resume)
DRILL=0.6 READING=0.25 "$PYTHON" training/train.py "${FLAGS[@]}" "${resume[@]}" --tokens "$DRILLS" --decay-from "$DRILLS"
"$PYTHON" training/train.py "${FLAGS[@]}" --resume --tokens "$TOKENS"
"$PYTHON" training/export.py "$RUN/ckpt.pt" --out "$RUN/nano.gguf"
"$PYTHON" training/check_gguf.py "$RUN/ckpt.pt" "$RUN/nano.gguf"
"$PYTHON" training/plot.py "$RUN"
echo "if it is better than the one in the package: cp $RUN/nano.gguf src/chatwright/nano/nano.gguf"
