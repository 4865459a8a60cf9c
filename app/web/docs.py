"""/docs: the document of the API as one plain page, without a script, a picture or anybody else's server."""

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code,pre{font:14px/1.4 ui-monospace,monospace;background:#f4f2ee;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8em;overflow:auto}
h2{border-top:1px solid #ddd;padding-top:1rem}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.2em 1em .2em 0}
@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}code,pre{background:#2a2a2a}}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Content-Security-Policy of the page."""

Schema = Mapping[str, Any]


def docs_page(document: Mapping[str, Any]) -> str:
    """The page."""
    info = document["info"]
    parts = [
        f"<h1>{escape(info['title'])} — JSON API</h1>",
        *(f"<p>{escape(each)}</p>" for each in info["description"].strip().splitlines()),
        '<p>Описание для программ: <a href="/openapi.json">/openapi.json</a></p>',
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(method, path, operation))
    parts.append("<h2>Что в запросах и ответах</h2>")
    parts += [_model(name, schema) for name, schema in document["components"]["schemas"].items()]
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Ambar — JSON API</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    asked = [each for each in operation["parameters"] if "name" in each]
    parts = [
        f"<h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p>{escape(operation['summary'])}. {escape(operation['description'])}</p>",
    ]
    if body := operation.get("requestBody"):
        parts.append(f"<p>Тело: {_kind(body['content']['application/json']['schema'])}</p>")
    if asked:
        parts.append(_table((each["name"], each["schema"], each.get("description", "")) for each in asked))
    answers = "".join(
        f"<tr><th>{status}</th><td>{escape(each['description'])}</td>"
        f"<td>{_kind(each['content']['application/json']['schema'])}</td></tr>"
        for status, each in operation["responses"].items()
    )
    return "".join(parts) + f"<table>{answers}</table>"


def _model(name: str, schema: Schema) -> str:
    required = schema.get("required", ())
    rows = (
        (field + ("" if field in required else "?"), told, told.get("description", ""))
        for field, told in schema.get("properties", {}).items()
    )
    return f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>{_table(rows)}'


def _table(rows: Any) -> str:
    said = "".join(
        f"<tr><th><code>{escape(name)}</code></th><td>{_kind(schema)}</td><td>{escape(words)}</td></tr>"
        for name, schema, words in rows
    )
    return f"<table>{said}</table>"


def _kind(schema: Schema) -> str:
    """The type in a word or two, with a link where it is a model of ours."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " или ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"список: {_kind(schema.get('items', {}))}"
    if "enum" in schema:
        return " · ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    told = escape(str(schema.get("format") or schema.get("const") or schema.get("type", "")))
    return told + (f" {'…'.join(bounds)}" if len(bounds) == 2 else "")
