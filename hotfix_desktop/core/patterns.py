"""Patterns of ticket numbers: regular expressions that cannot freeze the program.

Python's ``re`` goes back over its steps, and a pattern like ``(a+)+`` needs years for forty letters. A ticket
number needs no repetition inside a repetition, so such patterns are refused when they are set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

OPEN_REPETITIONS = 3
"""With a hundred characters (``TICKET_LIMIT``) three of them cost at most some 10⁵ steps, five some 10⁸."""
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


def compile_safely(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; raises ``ValueError`` with a reason for one that is no pattern or may take for ever."""
    try:
        compiled = re.compile(pattern)
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    open_ended = 0
    for operation, value, inside in _operations(tree, inside_repetition=False):
        if operation is _constants.GROUPREF:
            raise ValueError("refers back to a group, which can take very long")
        if operation is _constants.BRANCH and inside:
            raise ValueError("repeats a choice (a|b), which can take very long; repeat a set [ab] instead")
        if operation in _REPEATS:
            least, most, _ = value
            if inside and least != most:
                raise ValueError("repeats a repetition, which can take very long")
            open_ended += most != least and most > 1
    if open_ended > OPEN_REPETITIONS:
        raise ValueError(f"has more than {OPEN_REPETITIONS} open repetitions, which can take very long")
    return compiled


def _operations(tree: Any, *, inside_repetition: bool) -> Iterator[tuple[Any, Any, bool]]:
    """Yield every operation of a parsed pattern, and whether it stands inside a repetition."""
    for operation, value in tree:
        yield operation, value, inside_repetition
        inside = inside_repetition or (operation in _REPEATS and value[1] > 1)
        for part in _parts(value):
            yield from _operations(part, inside_repetition=inside)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, _parser.SubPattern):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _parts(part)
