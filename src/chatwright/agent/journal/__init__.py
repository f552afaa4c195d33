"""The journal: every run of the agent, row by row, in one SQLite file, so that a killed run goes on where it was.

    with Journal.open(default_path()) as journal:
        run = journal.begin(None, {"question": "...", "model": "nano", "tools": []})
        run.add(("reply", {...}), ("intent", {...}))    # kept before anything acts on it
        run.close()

`journal` is what one asks it, `record` a run that is being written, `rows` the data, `place` the files,
`database` what SQLite is told, `store` the one connection of a file and a process, `locks` who writes which run.
"""

from __future__ import annotations

from .journal import Journal
from .place import default_path
from .record import Record
from .rows import Row, RunInfo

__all__ = ["Journal", "Record", "Row", "RunInfo", "default_path"]
