"""Reads the SQL out of the source and finds tables whose rows a statement does not bind to its tenant.

Row-level security is the first lock; ``tenant_id = :tenant_id`` in the statement is the second, and this
is who looks whether it is there. Not a parser of SQL: scopes by their parentheses, tables by the
word before them. What it cannot see through (a name in place of a table) counts as a tenant's table.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from app.db.models import Base
from app.db.named_sql import load_sql

HOLE = "a_name_we_cannot_see"
"""Stands where the text has an expression that only running it would tell."""

FIGURES = {f"dw.{name}" for name in ("current_stock", "dim_product", "dim_warehouse", "dim_customer")}

OWNED = {name for name, table in Base.metadata.tables.items() if "tenant_id" in table.c} | {"tenant", HOLE}
OWNED |= FIGURES

SQL = re.compile(r"\b(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b")
BEGINS = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES)\b")
TABLE = re.compile(
    r"(?<!DISTINCT )\b(?P<word>FROM|JOIN|UPDATE|INSERT INTO|MERGE INTO|USING)\s+(?:ONLY\s+|LATERAL\s+)?"
    r"(?P<table>(?:dw\.)?[a-z_]\w*)\b(?:\s+(?:AS\s+)?(?P<alias>(?!AS\b)[a-z_]\w*))?"
)
MORE = re.compile(r",\s*(?P<table>(?:dw\.)?[a-z_]\w*)(?:\s+(?:AS\s+)?(?P<alias>[a-z_]\w*))?")
FROM_LIST = re.compile(r"(?<!DISTINCT )\bFROM\s+(?P<list>[^()]*?)(?=\b[A-Z]{2,}\b|$)")
SPLIT = re.compile(r"\b(?:UNION(?:\s+ALL)?|INTERSECT|EXCEPT)\b|;")
MOST_VARIANTS = 16


@dataclass(frozen=True, slots=True)
class Statement:
    """A text of SQL, and where it stands."""

    place: str
    sql: str


def tables_left_open(sql: str) -> list[str]:
    """What is wrong with a statement, a sentence a table; nothing where every table is bound."""
    text = re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"--[^\n]*", "", sql))
    return [wrong for piece in _pieces(re.sub(r"\s+", " ", text)) for wrong in _wrong(piece)]


def _pieces(text: str) -> Iterator[str]:
    """Each (sub)query by itself: what is in its inner queries' parentheses is theirs."""
    own: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "(":
            own.append(text[at])
            at += 1
            continue
        end = _closing(text, at)
        inside = text[at + 1 : end]
        if BEGINS.match(inside):
            yield from _pieces(inside)
            own.append("( )")
        else:  # a condition or a list: its own queries are apart, the rest belongs here
            *inner, rest = _pieces(inside)
            yield from inner
            own.append(f"({rest})")
        at = end + 1
    yield "".join(own)


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return len(text)


@dataclass(frozen=True, slots=True)
class Ref:
    """A table that is read, changed or (``word`` INSERT INTO) added to."""

    word: str
    table: str
    alias: str


def _wrong(piece: str) -> Iterator[str]:
    for part in SPLIT.split(piece):
        owned = [ref for ref in _tables(part) if ref.table in OWNED]
        read = [ref for ref in owned if ref.word != "INSERT INTO"]
        certain = _certain(part)
        for ref in owned:
            if ref not in read:
                if not _inserts_own(part):
                    yield f"INSERT INTO {ref.table} without :tenant_id"
            elif not _bound(certain, ref, read):
                yield f"{ref.table} is not bound to :tenant_id"
        if owned and re.search(r"\bOR\b", _outside(part)):
            yield "an OR outside parentheses undoes the binding"


def _tables(part: str) -> Iterator[Ref]:
    for found in TABLE.finditer(part):
        is_function = part[found.end("table") :].lstrip().startswith("(") and found["word"] != "INSERT INTO"
        if found["table"] != "set" and not is_function:
            yield Ref(found["word"], found["table"], found["alias"] or found["table"])
    for listed in FROM_LIST.finditer(part):
        for more in MORE.finditer(listed["list"]):
            yield Ref(",", more["table"], more["alias"] or more["table"])


def _certain(part: str) -> str:
    """The part without conditions that are one of several. A tenant's transaction always has a tenant,
    so "no tenant, or this one" is "this one"."""
    nobody, own = r"CAST ?\(:tenant_id AS bigint\) IS NULL", r"(?:\w+\.)?tenant_id ?= ?:tenant_id"
    part = re.sub(rf"\({nobody} OR ({own})\)", r"\1", part)
    part = re.sub(rf"\(({own}) OR \((?:\w+\.)?tenant_id IS NULL AND {nobody}\)\)", r"\1", part)
    inner = re.compile(r"\(([^()]*)\)")
    while found := inner.search(part):
        kept = "" if re.search(r"\bOR\b", found[1]) else found[1].replace("(", "[")
        part = part[: found.start()] + f"[{kept}]" + part[found.end() :]
    return part


def _inserts_own(part: str) -> bool:
    listed = re.search(r"INSERT INTO \w+(?: AS \w+)? ?\(([^)]*)\)", part)
    return listed is not None and listed[1].split(",")[0].strip() == "tenant_id" and ":tenant_id" in part


def _bound(part: str, ref: Ref, read: list[Ref]) -> bool:
    column = "id" if ref.table == "tenant" else "tenant_id"
    names = [rf"{ref.alias}\.", rf"{ref.table}\."] + [""] * (len(read) == 1)
    if any(re.search(rf"(?<![\w.]){name}{column} ?= ?:tenant_id\b", part) for name in names):
        return True
    # Bound through a neighbour that is bound itself.
    near = [each.alias for each in read if re.search(rf"\b{each.alias}\.tenant_id ?= ?:tenant_id\b", part)]
    mine = rf"\b{ref.alias}\.{column}"
    return any(re.search(rf"{mine} ?= ?{a}\.tenant_id\b|\b{a}\.tenant_id ?= ?{mine}\b", part) for a in near)


def _outside(part: str) -> str:
    """What stands in no parentheses."""
    while (shorter := re.sub(r"\([^()]*\)", "", part)) != part:
        part = shorter
    return part


# --- from the source to its SQL


def statements(path: Path, root: Path) -> list[Statement]:
    """Every text of SQL in a file that a tenant's transaction may run."""
    place = path.relative_to(root).as_posix()
    if path.suffix == ".sql":
        return [Statement(f"{place}: {name}", sql) for name, sql in load_sql(path).items()]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reader = _Reader(place, _constants(tree.body, {}))
    reader.visit(tree)
    return reader.found


def statements_of_queue(module: Path, root: Path) -> list[Statement]:
    """The named statements that a queue's module runs in a transaction that may be a tenant's."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {
        each.slice.value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and _may_be_a_tenants(function)
        for each in ast.walk(function)
        if isinstance(each, ast.Subscript)
        and ast.unparse(each.value) == "SQL"
        and isinstance(each.slice, ast.Constant)
    }
    files = re.findall(
        r'load_sql\(Path\(__file__\)\.with_name\("([\w.]+)"\)\)', ast.unparse(tree).replace("'", '"')
    )
    return [
        each
        for file in files
        for each in statements(module.with_name(file), root)
        if each.place.partition(": ")[2] in names
    ]


def _may_be_a_tenants(function: ast.FunctionDef) -> bool:
    types = {each.arg: ast.unparse(each.annotation) for each in function.args.args if each.annotation}
    return types.get("tx", "PlatformTx") != "PlatformTx"


Texts = Mapping[str, tuple[str, ...]]


def _constants(body: list[ast.stmt], known: Texts) -> dict[str, tuple[str, ...]]:
    """Names that hold text: their values, where an expression has several."""
    found = dict(known)
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if texts := _texts(node.value, found):
                found[node.targets[0].id] = texts
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            before = found.get(node.target.id, ())
            found[node.target.id] = tuple(
                a + b for a in before for b in _texts(node.value, found) or (f" {HOLE} ",)
            )
    return found


def _texts(node: ast.expr, known: Texts) -> tuple[str, ...]:
    """Every text that an expression may be; none where it is no text."""
    match node:
        case ast.Constant(value=str(value)):
            return (value,)
        case ast.Name(id=name):
            return known.get(name, ())
        case ast.IfExp():
            return (*_texts(node.body, known), *_texts(node.orelse, known))
        case ast.BinOp(op=ast.Add()):
            return _joined([_texts(node.left, known), _texts(node.right, known)])
        case ast.JoinedStr():
            return _joined([_texts(part, known) for part in node.values])
        case ast.FormattedValue():
            return _texts(node.value, known) or (f" {HOLE} ",)
    return ()


def _joined(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    if not any(parts):
        return ()
    filled = [each or (f" {HOLE} ",) for each in parts]
    return tuple("".join(each) for each in product(*filled))[:MOST_VARIANTS]


@dataclass(slots=True)
class _Reader(ast.NodeVisitor):
    """Walks a module. A text that the platform's transaction runs is not a tenant's."""

    place: str
    known: Texts
    found: list[Statement] = field(default_factory=list)
    platforms: set[str] = field(default_factory=set)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        known, platforms = self.known, self.platforms
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        whose = {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}
        self.platforms = platforms - whose.keys() | {
            name for name, type_ in whose.items() if type_ == "PlatformTx"
        }
        self.known = _constants([each for each in ast.walk(node) if isinstance(each, ast.stmt)], known)
        for each in node.body:
            self.visit(each)
        self.known, self.platforms = known, platforms

    def visit_With(self, node: ast.With) -> None:
        before = self.platforms
        opened = {
            item.optional_vars.id
            for item in node.items
            if isinstance(item.optional_vars, ast.Name)
            and ast.unparse(item.context_expr).endswith(".platform()")
        }
        self.platforms = before | opened
        self.generic_visit(node)
        self.platforms = before

    def visit_Call(self, node: ast.Call) -> None:
        runner = node.func.value if isinstance(node.func, ast.Attribute) else None
        told = [each.id for each in (runner, *node.args) if isinstance(each, ast.Name)]
        if not self.platforms.intersection(told):
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # what a docstring says is not run
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._note(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._note(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._note(node) if _texts(node, self.known) else self.generic_visit(node)

    def _note(self, node: ast.expr) -> None:
        self.found += [
            Statement(f"{self.place}:{node.lineno}", text)
            for text in _texts(node, self.known)
            if SQL.search(text)
        ]
