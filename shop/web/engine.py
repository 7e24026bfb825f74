"""Jinja, told what it cannot know of our templates, which halves the time of a page.

Output, rules and errors stay Jinja's: only the way to them is shorter.
"""

import io
import keyword
from collections.abc import Callable, MutableMapping
from typing import Any, cast

import markupsafe
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup

from shop.i18n.text import Text

#: Escapes a plain string without making a ``Markup`` of it, which is then joined.
_escaped: Callable[[str], str] = getattr(markupsafe, "_escape_inner", markupsafe.escape)


def printed(value: Any) -> str:
    """Return a value as ``{{ … }}`` prints it: as ``markupsafe.escape`` does."""
    if type(value) is str:
        return _escaped(value)
    if hasattr(value, "__html__"):
        return cast(str, value.__html__())
    return _escaped(str(value))


class PageContext(Context):
    """Calls macros and the functions of ``install()`` without asking what they are."""

    plain: frozenset[Callable[..., Any]] = frozenset()

    def call(self, obj: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        """Call something from a template."""
        if type(obj) is Macro:
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            if not (named or obj.caller or obj.catch_varargs or obj.catch_kwargs):
                return self._printed_by(obj, args)
            return obj(self.eval_ctx, *args, **named)
        if obj in self.plain:
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return obj(*args, **named)
        return super().call(obj, *args, **named)

    def _printed_by(self, macro: Macro, given: tuple[Any, ...]) -> str:
        """Call a macro by position: Jinja's own way takes as long as a short macro."""
        left = len(macro.arguments) - len(given)
        if left < 0:
            raise TypeError(f"macro {macro.name!r} takes {len(macro.arguments)} values")
        printed_text: str = macro._func(*given, *(missing,) * left)
        return Markup(printed_text) if self.eval_ctx.autoescape else printed_text  # noqa: S704


class PageCode(CodeGenerator):
    """Writes shorter code where it is known what a name is (a fifth of a page's time).

    A function of ``install()`` is called as it is, and what it or a filter returns
    by its annotation is not asked again: ``Markup`` is printed, ``Text`` says its
    HTML. An attribute is read as Python does; only ``is defined`` asks twice.
    """

    def visit_Call(  # noqa: N802 (Jinja's name)
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """Write a call."""
        if forward_caller or self._function(node) is None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        assert isinstance(node.node, nodes.Name)  # noqa: S101 (a function's name)
        self.write(frame.symbols.ref(node.node.name))
        self.write("(")
        for value in node.args:
            self.visit(value, frame)
            self.write(", ")
        for named in node.kwargs:
            self.visit(named, frame)
            self.write(", ")
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        """Write ``page.name``; ``self`` is no object of ours."""
        is_self = isinstance(node.node, nodes.Name) and node.node.name == "self"
        if is_self or not node.attr.isidentifier() or keyword.iskeyword(node.attr):
            super().visit_Getattr(node, frame)
            return
        self.write("(")
        self.visit(node.node, frame)
        self.write(f").{node.attr}")

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:  # noqa: N802
        """Write a test; what may be undefined is read by Jinja's rules."""
        if node.name in {"defined", "undefined"} and isinstance(
            node.node, nodes.Getattr
        ):
            reads, self.visit_Getattr = self.visit_Getattr, super().visit_Getattr  # type: ignore[method-assign]
            super().visit_Test(node, frame)
            self.visit_Getattr = reads  # type: ignore[method-assign]
        else:
            super().visit_Test(node, frame)

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        """Write neighbours as one piece: each would be passed up through every block.

        As for a macro, which gathers them; only what it gathers into is another.
        """
        if frame.buffer is not None or len(node.nodes) < 3:
            super().visit_Output(node, frame)
            return
        whole, self.stream = self.stream, io.StringIO()
        frame.buffer = "pieces"
        super().visit_Output(node, frame)
        frame.buffer = None
        written, self.stream = self.stream.getvalue(), whole
        if "pieces.extend((" in written:
            written = written.replace("pieces.extend((", "yield concat((", 1)
        else:
            written = written.replace("pieces.append(", "yield concat((", 1) + ")"
        self.stream.write(written)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if self._returns(node, frame) is None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if self._returns(node, frame) is None:
            super()._output_child_post(node, frame, finalize)
        else:
            is_text = self._returns(node, frame) is Text
            self.write(").__html__()" if is_text else ")")

    def _function(self, node: nodes.Expr) -> Callable[..., Any] | None:
        """Return the function of ``install()`` that is called, if it is one."""
        if not isinstance(node, nodes.Call) or node.dyn_args or node.dyn_kwargs:
            return None
        called = node.node
        known: dict[str, Callable[..., Any]] = getattr(self.environment, "plain", {})
        return known.get(called.name) if isinstance(called, nodes.Name) else None

    def _returns(self, node: nodes.Expr, frame: Frame) -> type | None:
        """Return ``Markup`` or ``Text`` where that is what will be printed."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            return None
        called: Any = self._function(node)
        if isinstance(node, nodes.Filter):
            called = self.environment.filters.get(node.name)
        found = getattr(called, "__annotations__", {}).get("return")
        return found if found in {Markup, Text} else None


class PageTemplate(Template):
    """A template whose macros are made once, not again for each page.

    Jinja makes them anew for globals that only one template has; ours are the
    environment's, and the same for all.
    """

    @classmethod
    def _from_namespace(
        cls,
        environment: Environment,
        namespace: MutableMapping[str, Any],
        globals: MutableMapping[str, Any],  # noqa: A002 (Jinja's name)
    ) -> Template:
        namespace["escape"] = printed
        return super()._from_namespace(environment, namespace, globals)

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        return super()._get_default_module()


def _remembering(env: Environment) -> Callable[..., Template]:
    """Return ``get_template`` with a plain memory; a page asks a dozen times.

    Jinja's own takes a lock and a weak reference each time, to notice changes,
    which is left to it where templates are looked at again.
    """
    get, known = env.get_template, dict[str, Template]()

    def get_template(name: str | Template, *more: Any, **named: Any) -> Template:
        if not isinstance(name, str) or env.auto_reload:
            return get(name, *more, **named)
        found = known.get(name)
        if found is None:
            found = known[name] = get(name, *more, **named)
        return found

    return get_template


def install(env: Environment, **functions: Callable[..., Any]) -> None:
    """Let an environment run pages; ``functions`` become globals of its templates."""
    env.template_class = PageTemplate
    env.code_generator_class = PageCode
    env.get_template = _remembering(env)  # type: ignore[method-assign]
    env.plain = functions  # type: ignore[attr-defined]
    plain = frozenset(functions.values())
    env.context_class = type("Context", (PageContext,), {"plain": plain})
    env.globals.update(functions)
