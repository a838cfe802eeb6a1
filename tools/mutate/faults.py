"""The small faults that a line of Python can be given: each is the source of a file with one thing changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_PLAIN = (ast.Name, ast.Attribute, ast.Call)
"""Conditions that are negated; comparisons are turned instead."""

_TALK = {"log", "logging", "warnings", "print"}
"""What only tells somebody something: a test that holds a log to its words is of no use."""


@dataclass(frozen=True)
class Fault:
    """path: of the file, from the checkout. line: counted from 1. was, made: the changed piece. source: the file."""

    path: Path
    line: int
    was: str
    made: str
    source: bytes

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {' '.join(self.was.split())} → {' '.join(self.made.split())}"


def faults(root: Path, path: Path) -> Iterator[Fault]:
    """Every fault of one file, in its order."""
    source = (root / path).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, other in _changes(ast.parse(source)):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        was, made = source[first:last].decode(), ast.unparse(other)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant):
            made = f"({made})"
        yield Fault(path, node.lineno, was, made, source[:first] + made.encode() + source[last:])


def _changes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST]]:
    """(what is replaced, by what), inside functions: what stands outside is limits, tables and types."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                for node in _own(statement):
                    yield from _others(node)


def _own(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """A node and all below it but inner functions, types and talk."""
    if isinstance(node, ast.FunctionDef) or _is_talk(node):
        return
    if isinstance(node, (ast.expr, ast.stmt)):
        yield node
    for name, value in ast.iter_fields(node):
        if name == "annotation" or (isinstance(node, ast.Raise) and name == "exc"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _own(child)


def _is_talk(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return isinstance(node, ast.JoinedStr)
    called = node.value.func
    while isinstance(called, ast.Attribute):
        called = called.value
    return isinstance(called, ast.Name) and called.id in _TALK


def _others(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node, ast.Compare(node.left, [_TURNED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _SWAPPED:
        yield node, ast.BinOp(node.left, _SWAPPED[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int)):
        yield node, ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield node, ast.Pass()
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(node.test, _PLAIN):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)
