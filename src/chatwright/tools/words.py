"""The words that a passage is found by, and the words of a query."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = [
    "body_words",
    "heading_words",
    "query_terms",
    "query_words",
    "telling_words",
    "title_words",
]

_MAX_TERMS = 64  # a query with more distinct words than this is not a question

_STOP = (
    "a about all also am an and any are as at be been being but by can could did do does for from had has"
    " have he her hers him his how i if in into is it its just may me might more most much my no not of on"
    " one or our s she should so some such t tell than that the their them then there these they this those"
    " to too up was we were what whats when where which who whom whose why will with would you your"
)
_STOP_WORDS = frozenset(_STOP.split())

# Scripts that put no spaces between words. Each character is a word of the index, and a query asks for
# two neighbours at a time. Korean has spaces, but glues its particles to the words.
_UNSPACED = (
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff"  # Japanese kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # Chinese characters
    "\uac00-\ud7a3"  # Korean
    "]"
)


@lru_cache(maxsize=1024)
def title_words(title: str, file: str) -> str:
    """The title, and the words of the file's name that it lacks, as the index takes them."""
    known = set(_words(title))
    name = [w for w in _words(file.rpartition(".")[0]) if w not in known]
    return body_words(" ".join([title, *name]))


@lru_cache(maxsize=1024)
def heading_words(heading: str) -> str:
    """The headings above a passage as the index takes them."""
    return body_words(heading)


def body_words(text: str) -> str:
    """The text as the index takes it: one form of each letter, and spaces where a script has none."""
    if text.isascii():
        return text.lower()
    return re.sub(_UNSPACED, r" \g<0> ", _folded(text))


def telling_words(query: str) -> list[str]:
    """The distinct words of a query that say what it is about; all of them if none does."""
    words = list(dict.fromkeys(query_words(query)))
    return [word for word in words if word not in _STOP_WORDS] or words


def query_words(query: str) -> list[str]:
    """All the words of a query in their order, the possessive taken off."""
    return _words(re.sub(r"['’ʼ`]s\b", " ", query[:20_000]))


def query_terms(query: str) -> list[str]:
    """What the index is asked for, each a word or a pair of neighbouring characters.

    Letters, digits, accents and spaces alone get in, so no term can break out of its quotes.
    """
    terms = dict.fromkeys(term for word in telling_words(query) for term in _terms(word))
    return list(terms)[:_MAX_TERMS]


def _words(text: str) -> list[str]:
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in _folded(text))
    return "".join(kept).split()


def _terms(word: str) -> list[str]:
    """The word itself, or pairs of neighbours where its script has no spaces."""
    if word.isascii() or not re.search(_UNSPACED, word):
        return [word]
    terms: list[str] = []
    for run in re.split(f"({_UNSPACED}+)", word):
        if re.match(_UNSPACED, run):
            terms += [" ".join(run[i : i + 2]) for i in range(max(1, len(run) - 1))]
        elif run:
            terms.append(run)
    return terms


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
