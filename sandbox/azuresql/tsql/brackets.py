"""Brackets inside bracketed names (`[a]]b]`, `[a[b]`), which sqlfluff's lexer does not know.

Two characters of the private use area stand for them while the text is parsed; the text keeps its
length, so that positions stay right.
"""

from __future__ import annotations

from typing import Final

_CLOSING: Final = "\ue0d1"
_OPENING: Final = "\ue0d0"


_CLOSINGS: Final = {"[": "]", "'": "'", '"': '"', "/*": "*/"}


def hidden(text: str) -> str:
    """The text with inner brackets of names replaced."""
    if "]]" not in text and text.count("[") == text.count("]"):
        return text
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = _end(text, at)
        piece = text[at:end]
        if piece[0] == "[":
            inner = piece[1:-1].replace("]]", _CLOSING * 2).replace("[", _OPENING)
            piece = f"[{inner}{piece[-1]}" if len(piece) > 1 else piece
        pieces.append(piece)
        at = end
    return "".join(pieces)


def shown(text: str) -> str:
    """The text as it was."""
    if _CLOSING not in text and _OPENING not in text:
        return text
    return text.replace(_CLOSING, "]").replace(_OPENING, "[")


def unclosed(text: str) -> int | None:
    """Where the string, name or comment begins that the text leaves open."""
    at = 0
    while at < len(text):
        end = _end(text, at)
        closing = _CLOSINGS.get(text[at : at + 2]) or _CLOSINGS.get(text[at])
        if closing and end == len(text) and not _closes(text[at:end], closing):
            return at
        at = end
    return None


def _closes(piece: str, sign: str) -> bool:
    """Whether the closing sign at the end is one, not half of a doubled one."""
    if sign == "*/":
        return piece.endswith(sign) and _comment_end(piece + " ", 0) == len(piece)
    body = piece[1:]
    return (len(body) - len(body.rstrip(sign))) % 2 == 1


def _end(text: str, start: int) -> int:
    """Where the string, comment, name or stretch of other text that starts here ends."""
    sign = text[start]
    if sign == "[":
        return _closed(text, start, "]")
    if sign in "'\"":
        return _closed(text, start, sign)
    if text.startswith("--", start):
        line = text.find("\n", start)
        return len(text) if line < 0 else line
    if text.startswith("/*", start):
        return _comment_end(text, start)
    at = start + 1
    while at < len(text) and text[at] not in "['\"-/":
        at += 1
    return at


def _closed(text: str, start: int, sign: str) -> int:
    """Behind the closing sign; two of them are one that does not close."""
    at = start + 1
    while True:
        at = text.find(sign, at)
        if at < 0:
            return len(text)
        if text[at + 1 : at + 2] != sign:
            return at + 1
        at += 2


def _comment_end(text: str, start: int) -> int:
    """Behind a comment; comments nest."""
    depth, at = 1, start + 2
    while depth and at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
        else:
            at += 1
    return at
