"""What is known of one code."""

from __future__ import annotations

from attrs import frozen


@frozen
class Code:
    """A code with a title, a paragraph, what is wrong in an example, and what stands instead."""

    code: str
    title: str
    explanation: str
    wrong: str
    right: str
