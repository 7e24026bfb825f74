"""A policy's Markdown as nested clauses: the structure numbers itself (S116).

A heading ``##`` begins a clause, ``###`` one inside it, and so on; each item of
a numbered list is a clause without a title, below the heading it stands under.
Everything else is the text of the clause it stands in, or the introduction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from shop.web.pages.storefront import Clause

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

_TAGS = {
    "p", "ul", "ol", "li", "strong", "em", "a", "br", "code", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "bdi",
}  # fmt: skip
#: The level of a heading that begins a clause of the first depth.
_TOP = 2


@dataclass(frozen=True)
class Clauses:
    """A text taken apart."""

    intro: Markup
    clauses: tuple[Clause, ...]


@dataclass
class _Draft:
    depth: int
    title: Markup = field(default_factory=Markup)
    blocks: list["SyntaxTreeNode"] = field(default_factory=list)
    below: list["_Draft"] = field(default_factory=list)


def read(text: str) -> Clauses:
    """Take a text apart; only plain formatting survives."""
    from markdown_it.tree import SyntaxTreeNode

    root = _Draft(0)
    way = [root]
    for block in SyntaxTreeNode(_markdown().parse(text)).children:
        if block.type == "heading":
            depth = max(1, int(block.tag[1]) - _TOP + 1)
            while way[-1].depth >= depth:
                way.pop()
            made = _Draft(way[-1].depth + 1, _inline(block))
            way[-1].below.append(made)
            way.append(made)
        elif block.type == "ordered_list":
            way[-1].below += _items(block, way[-1].depth + 1)
        else:
            way[-1].blocks.append(block)
    return Clauses(_html(root.blocks), tuple(_finished(root.below, ())))


def _items(block: "SyntaxTreeNode", depth: int) -> Iterator[_Draft]:
    for item in block.children:
        draft = _Draft(depth)
        for inner in item.children:
            if inner.type == "ordered_list":
                draft.below += _items(inner, depth + 1)
            else:
                draft.blocks.append(inner)
        yield draft


def _finished(drafts: Sequence[_Draft], above: tuple[int, ...]) -> Iterator[Clause]:
    for number, draft in enumerate(drafts, 1):
        path = (*above, number)
        yield Clause(
            path,
            draft.title,
            _html(draft.blocks),
            tuple(_finished(draft.below, path)),
        )


def _inline(heading: "SyntaxTreeNode") -> Markup:
    return _clean(_rendered(heading.children))


def _html(blocks: "Sequence[SyntaxTreeNode]") -> Markup:
    return _clean(_rendered(blocks))


def _rendered(nodes: "Sequence[SyntaxTreeNode]") -> str:
    tokens = [token for node in nodes for token in node.to_tokens()]
    return _markdown().renderer.render(tokens, _markdown().options, {})


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # here, like nh3: 4 MB for the policies alone

    return MarkdownIt("commonmark").enable("table")


def _clean(html: str) -> Markup:
    import nh3

    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, link_rel=None)
    return Markup(clean.strip())  # noqa: S704 (cleaned in the line above)
