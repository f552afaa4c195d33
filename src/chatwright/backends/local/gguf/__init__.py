"""A GGUF file, read and checked before the engine sees it.

    examined = examine(Path("model.gguf"))
    for problem in examined.problems:
        print(problem.what)

Read on in this order: `source` (the file on disk), `contents` (what stands before the weights), `tensors` (the table of
the weights), `weights` (are they numbers), `parameters`, `vocabulary` and `layers` (does it all make sense), `splits` (a
model in several files), and `examine`, which joins them. `foreign` knows what a file is that is no GGUF.
"""

from __future__ import annotations

from .examine import Examined, examine
from .problem import Problem

__all__ = ["Examined", "Problem", "examine"]
