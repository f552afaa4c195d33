"""One module for each kind of file: its bytes in, a title, headings and paragraphs out."""

from __future__ import annotations

from .blocks import Block, Heading, Paragraph, Title

__all__ = ["Block", "Heading", "Paragraph", "Title"]
