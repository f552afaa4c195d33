"""Languages of text as data: sets of characters, trees, automata, and how they are written as GBNF.

A tree (`tree`) says which texts are allowed. A regular expression (`regex`), a number's range and a JSON
schema all become trees; `write` puts a tree into GBNF, `automaton` does what a tree cannot say (both of two
patterns, none of these words), `match` reads a text, and `gbnf` with `cost` checks a grammar that someone gave us.
"""

from __future__ import annotations

__all__: list[str] = []
