# make demo    a question answered offline by the built-in model (makes .venv)
# make test    every test
# make check   format, lint, types, floors and the fast tests, in under a minute
# make nano    train the built-in model again (makes .venv-train; hours on a CPU)
# make eval    how many unseen questions the built-in model answers

PYTHON ?= python3
BIN := .venv/bin
QUESTION := Who was Ada Lovelace's mother? What was her age raised to the 0.43 power?

.PHONY: demo test check lint types fast nano eval clean

demo: .venv/.demo
	$(BIN)/chatwright ask "$(QUESTION)" --docs examples/notes

test: .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: lint types fast

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/basedpyright

fast: .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[local]"
	touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[local,dev]"
# the client asks for a hub of years ago, and works with today's
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps text-generation==0.7.0
	touch $@ .venv/.demo

.venv-train/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install -q --disable-pip-version-check -e ".[local,train]"
	touch $@

nano: .venv-train/.ready
	PYTHON=.venv-train/bin/python training/nano.sh

eval: .venv/.dev
	$(BIN)/python training/evaluate.py

clean:
	rm -rf .venv .venv-train dist build
