"""JSON schemas: is one well formed, does a value fit, and which texts does it allow.

`keywords` says what every keyword may hold, `document` follows `$ref`, `check` looks at values, and `build`
makes a tree (see `_lang`) of everything that may be written.
"""

from __future__ import annotations

__all__: list[str] = []
