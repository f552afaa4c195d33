"""The Python that a chat template is compiled to: it prints through the environment and counts its loops.

The compiled template calls `environment.show`, `shown_together`, `add` and `tick` where jinja2 would use `str`, `+`
and nothing. What is most frequent, a string that is printed, is tested for in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.parser import Parser

__all__ = ["Generation", "Generator", "with_ticks"]


class Generator(CodeGenerator):
    """Writes Python that prints through the environment."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escapes(frame):
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("(shown if type(shown := ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escapes(frame):
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(") is str else environment.show(shown))")

    def visit_Add(self, node: nodes.Add, frame: Frame) -> None:
        self.write("environment.add(")
        self.visit(node.left, frame)
        self.write(", ")
        self.visit(node.right, frame)
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        if _escapes(frame):
            super().visit_Concat(node, frame)
            return
        self.write("environment.shown_together((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        # Lists within lists take ages to compare, where each holds another one twice.
        several = sum(not isinstance(part, nodes.Const) for part in _compared(node)) > 1
        self.write("(")
        self._operand(node.expr, frame, several)
        for part in node.ops:
            self.write(f" {_OPERATORS[part.op]} ")
            self._operand(part.expr, frame, several)
        self.write(")")

    def _operand(self, node: nodes.Expr, frame: Frame, several: bool) -> None:
        if not several or isinstance(node, nodes.Const):
            self.visit(node, frame)
            return
        self.write("(compared if type(compared := ")
        self.visit(node, frame)
        self.write(") is str else environment.comparable(compared))")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            parts = (node.arg.start, node.arg.stop, node.arg.step)
            self._called("cut", [node.node, *parts], frame)
        elif isinstance(node.arg, nodes.Const):
            super().visit_Getitem(node, frame)
        else:
            self._called("item", [node.node, node.arg], frame)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("{")
        for pair in node.items:
            if isinstance(pair.key, nodes.Const):
                self.visit(pair.key, frame)
            else:
                self._called("comparable", [pair.key], frame)
            self.write(": ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def _called(self, name: str, arguments: list[nodes.Expr | None], frame: Frame) -> None:
        self.write(f"environment.{name}(")
        for argument in arguments:
            if argument is None:
                self.write("None")
            else:
                self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        if isinstance(node.node, nodes.EnvironmentAttribute):
            self.writeline(f"environment.{node.node.name}()")
        else:
            super().visit_ExprStmt(node, frame)


class Generation(Extension):
    """`{% generation %}` marks what the model wrote, for training; here it only writes its body."""

    tags = {"generation"}  # noqa: RUF012 (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A call block and not the bare body: what is set inside stays inside, as with transformers.
        return nodes.CallBlock(self.call_method("body_of"), [], [], body).set_lineno(line)

    def body_of(self, caller: Callable[[], str]) -> str:
        return caller()


def with_ticks(tree: nodes.Template) -> nodes.Template:
    """The same template, in which each round of a loop is counted."""
    for loop in tree.find_all(nodes.For):
        loop.body.insert(0, nodes.ExprStmt(nodes.EnvironmentAttribute("tick")))
    return tree


def _compared(node: nodes.Compare) -> list[nodes.Expr]:
    return [node.expr, *(part.expr for part in node.ops)]


_OPERATORS = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "gteq": ">=",
    "lt": "<",
    "lteq": "<=",
    "in": "in",
    "notin": "not in",
}


def _escapes(frame: Frame) -> bool:
    return bool(frame.eval_ctx.volatile or frame.eval_ctx.autoescape)
