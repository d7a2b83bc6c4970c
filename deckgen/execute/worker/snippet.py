"""The steps of one note, run in a fresh `__main__`; and the traceback of one that failed, in its author's terms."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
import types
from typing import Any

from deckgen.execute.worker.wire import Message

_FILE = "<step {}>"
_STEP_OF = re.compile(r"<step (\d+)>\Z")
_FRAME = re.compile(r'^(\s+)File "<step \d+>", line', re.MULTILINE)
_ANY_FRAME = re.compile(r'^  File "([^"\n]*)", line \d+.*(?:\n    .*)*\n?', re.MULTILINE)
_DEEP = 1000  # frames, the last ones: what Python's own limit of recursion lets be, and no card can show
_FUTURE = 0x1FFFFFF & sum(  # the flags of `from __future__ import`, which hold for the fences that follow
    getattr(__import__("__future__"), name).compiler_flag for name in __import__("__future__").all_feature_names
)


class Namespace:
    """A `__main__` of its own."""

    def __init__(self) -> None:
        module = types.ModuleType("__main__")
        module.__dict__["__builtins__"] = sys.modules["builtins"]
        sys.modules.pop("__main__", None)
        sys.modules["__main__"] = module  # the last of all, so that what follows it is the note's
        self.names = module.__dict__
        self._flags = 0

    def run(self, step: int, code: str) -> Any:
        """Run `code` and return the value of its last expression, None if it ends in something else."""
        name = _remember(step, code)
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if tree.body:
            exec(self._compiled(tree, name, "exec"), self.names)
        if isinstance(last, ast.Expr):
            return eval(self._compiled(ast.Expression(last.value), name, "eval"), self.names)
        return None

    def value(self, step: int, expression: str) -> Any:
        name = _remember(step, expression.strip())
        return eval(self._compiled(ast.parse(expression.strip(), name, "eval"), name, "eval"), self.names)

    def _compiled(self, tree: ast.Module | ast.Expression, name: str, mode: str) -> types.CodeType:
        code: types.CodeType = compile(tree, name, mode, flags=self._flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURE
        return code


def _remember(step: int, code: str) -> str:
    """Let tracebacks and `inspect.getsource` find the lines of a step; returns the file name that stands for it."""
    name = _FILE.format(step)
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    return name


def failure(step: int, error: BaseException) -> Message:
    """What is to be told of `error`: the step and the line (from 1, in its fence) that raised it, and how it looked."""
    lines = [(_step_of(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    here = [line for of, line in lines if of == step]
    line = here[-1] if here else 1
    if isinstance(error, SyntaxError) and error.lineno and _step_of(error.filename or "") == step:
        line = error.lineno
    return {
        "step": step,
        "kind": "exception",
        "type": type(error).__name__,
        "bases": [base.__name__ for base in type(error).__mro__],
        "message": _message(error),
        "line": line,
        "traceback": _traceback(error),
        "module": str(getattr(error, "name", "")) if isinstance(error, ModuleNotFoundError) else "",
    }


def _message(error: BaseException) -> str:
    try:
        return error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException as worse:
        return f"<its message could not be read: {type(worse).__name__}>"


def _step_of(filename: str) -> int | None:
    match = _STEP_OF.match(filename)
    return int(match[1]) if match else None


def _traceback(error: BaseException) -> str:
    """As Python prints it, but with the author's frames only, and their place without a path."""
    told = traceback.TracebackException(type(error), error, error.__traceback__, limit=-_DEEP, compact=True)
    _keep_authors_frames(told)
    text = "".join(told.format())
    return _FRAME.sub(r"\1line", text).rstrip("\n")


def without_others_frames(text: str) -> str:
    """`text`, which may quote a stack as torch's anomaly mode does, as `_traceback` would show it."""
    if '  File "' not in text:
        return text
    kept = _ANY_FRAME.sub(lambda match: match[0] if _step_of(match[1]) is not None else "", text)
    return _FRAME.sub(r"\1line", kept).rstrip("\n")


def _keep_authors_frames(told: traceback.TracebackException) -> None:
    """In all that `told` tells of: a chain may be longer than calls can be deep."""
    waiting, seen = [told], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for frame in one.stack:
            frame.colno = frame.end_colno = None  # no carets: they differ between versions
        one.stack[:] = [frame for frame in one.stack if _step_of(frame.filename) is not None]
        waiting += [other for other in (one.__cause__, one.__context__, *(one.exceptions or ())) if other]
