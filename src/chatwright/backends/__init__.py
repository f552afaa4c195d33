"""Where text comes from: a `Request` goes in, `Piece`s and one `End` come out.

A text backend continues a prompt, a chat backend answers messages. Each lives in a module of its own and is
imported only when it is used; here stand the two shapes that they share.
"""

from __future__ import annotations

from chatwright.request import ChatBackend, End, Piece, Request, TextBackend

__all__ = ["ChatBackend", "End", "Piece", "Request", "TextBackend"]
