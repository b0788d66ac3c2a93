"""Somebody who looks at the pages of a server with a browser that is no more than what HTML says; and what is held for
each page that they see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

import sqlalchemy as sql

from pltpack.server.accounts.sessions import open_session
from tests.server.running import Answer, Running

VOID: Final = {"meta", "link", "input", "br"}
_BLOCKS: Final = {
    "p", "div", "section", "form", "table", "ul", "dl", "h1", "h2", "fieldset", "nav", "pre", "main", "header",
}  # fmt: skip
_INSIDE: Final = {
    "li": {"ul"}, "tr": {"thead", "tbody", "table"}, "td": {"tr"}, "th": {"tr"}, "thead": {"table"}, "tbody": {"table"},
    "caption": {"table"}, "dt": {"div", "dl"}, "dd": {"div", "dl"}, "option": {"select"}, "legend": {"fieldset"},
    "body": {"html"}, "head": {"html"}, "main": {"body"}, "header": {"body"}, "title": {"head"}, "meta": {"head"},
    "link": {"head"},
}  # fmt: skip
_KNOWN: Final = {
    "html", "head", "title", "body", "header", "main", "nav", "section", "div", "p", "h1", "h2", "ul", "li", "dl", "dt",
    "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "form", "fieldset", "legend", "label", "input",
    "select", "option", "button", "a", "span", "strong", "code", "pre", "time", "meta", "link",
}  # fmt: skip
_ATTRIBUTES: Final = re.compile(
    r"id|class|href|name|content|charset|lang|rel|type|value|method|action|for|role|scope|maxlength|autocomplete|required"
    r"|spellcheck|placeholder|checked|selected|readonly|tabindex|datetime|data-label|aria-[a-z]+"
)
"""No ``style``, no ``on...``."""
OUR_LINKS: Final = re.compile(r"/manage/[A-Za-z0-9/_?=&.-]*|/|/package/[A-Za-z0-9_-]+/index\.html|#main")


@dataclass
class SentForm:
    """A form of a page: where it goes, and its fields as a browser would send them."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def do(self) -> str:
        return dict(self.fields).get("do", "")

    def filled(self, **values: str | None) -> list[tuple[str, str]]:
        """The fields with other values; ``None`` leaves one out. ``_`` stands for ``-``."""
        wanted = {name.replace("_", "-"): value for name, value in values.items()}
        kept = [(name, value) for name, value in self.fields if name not in wanted]
        return kept + [(name, value) for name, value in wanted.items() if value is not None]


class Seen(HTMLParser):
    """A page, looked at: it is valid, can be used without a mouse and without eyes, and runs and loads nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[SentForm] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._ids: list[str] = []
        self._wanted: list[str] = []
        self._labels: set[str] = set()
        self._named: list[str] = []
        self._texts: list[str] = []
        self._headings: list[str] = []
        self._roles: list[str] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._button: list[str] | None = None
        assert text.startswith("<!DOCTYPE html>\n<html lang=")
        self.feed(text)
        self.close()
        assert self._open == []
        assert len(set(self._ids)) == len(self._ids), "an id stands there twice"
        assert set(self._wanted) <= set(self._ids), set(self._wanted) - set(self._ids)
        assert set(self._named) <= self._labels, f"without a label: {set(self._named) - self._labels}"
        assert self._headings.count("h1") == 1
        assert self._headings[0] == "h1"
        assert self._roles.count("main") == 1
        for form in self.forms:
            assert form.method == "get" or dict(form.fields)["csrf"]

    @property
    def text(self) -> str:
        """What is to be read."""
        return re.sub(r"\s+", " ", "".join(self._texts))

    def form(self, do: str, **fields: str) -> SentForm:
        """The form that does something, and has fields of such values."""
        return next(form for form in self.forms if form.do == do and set(fields.items()) <= set(form.fields))

    def handle_decl(self, decl: str) -> None:
        assert decl == "DOCTYPE html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _KNOWN, tag
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"an attribute of {tag} stands there twice"
        assert all(_ATTRIBUTES.fullmatch(name) for name in names), names
        found = {name: value or "" for name, value in attrs}
        if tag in _INSIDE:
            assert self._open[-1] in _INSIDE[tag], f"{tag} in {self._open[-1]}"
        if tag in _BLOCKS:
            assert not {"p", "span", "h1", "h2", "label", "button", "a"} & set(self._open), f"{tag} in {self._open}"
        if tag in ("form", "a", "button", "label"):
            assert tag not in self._open, f"{tag} in {tag}"
        if tag not in VOID:
            self._open.append(tag)
        if "id" in found:
            assert re.fullmatch(r"\S+", found["id"])
            self._ids.append(found["id"])
        for name in ("aria-describedby", "aria-labelledby"):
            self._wanted += found.get(name, "").split()
        if tag == "label":
            self._labels.add(found["for"])
            self._wanted.append(found["for"])
        if tag in ("h1", "h2"):
            self._headings.append(tag)
        if tag == "main":
            self._roles.append("main")
        if tag in ("nav", "section"):
            assert "aria-label" in found or "aria-labelledby" in found
        if tag in ("a", "link"):
            self.links.append(found["href"])
            assert OUR_LINKS.fullmatch(found["href"]), found["href"]
        if tag == "form":
            self.forms.append(SentForm(found["action"], found["method"]))
            assert OUR_LINKS.fullmatch(found["action"]), found["action"]
        self._field(tag, found)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID
        assert self._open.pop() == tag, tag
        if tag in _BLOCKS | set(_INSIDE):
            self._texts.append(" ")
        if tag == "select":
            assert self._select is not None
            name, options = self._select
            chosen = [value for value, is_chosen in options if is_chosen] or [options[0][0]]
            self.forms[-1].fields.append((name, chosen[0]))
            self._select = None
        if tag == "button":
            assert self._button is not None
            assert "".join(self._button).strip()
            self._button = None

    def handle_data(self, data: str) -> None:
        self._texts.append(data)
        if self._button is not None:
            self._button.append(data)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        if tag == "input":
            kind = found.get("type", "text")
            assert kind in ("text", "hidden", "password", "email", "checkbox"), kind
            if kind != "hidden":
                self._named.append(found["id"])
            if kind != "checkbox" or "checked" in found:
                self.forms[-1].fields.append((found["name"], found.get("value", "")))
        elif tag == "select":
            self._named.append(found["id"])
            self._select = (found["name"], [])
        elif tag == "option":
            assert self._select is not None
            self._select[1].append((found["value"], "selected" in found))
        elif tag == "button":
            self._button = []


@dataclass
class Visitor:
    """Somebody with a browser, signed in or not."""

    server: Running
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def signed_in(cls, server: Running, user: str) -> Visitor:
        """Somebody who has a session already; hashing a password takes its time."""
        return cls(server, {"pltpack": open_session(server.room, user).secret})

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request with the cookies, and keep those that come."""
        if self.cookies:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        answer = self.server.ask(method, path, body, **headers)
        found = answer.headers.get("set-cookie")
        if found is not None:
            name, _, rest = found.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def see(self, path: str, status: int = 200) -> Seen:
        """A page."""
        return seen(self.ask("GET", path), status)

    def send(self, form: SentForm, **values: str | None) -> Answer:
        """Send a form."""
        return self.post(form.action, form.filled(**values))

    def post(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Answer:
        """Send fields."""
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
        return self.ask("POST", path, urlencode(fields).encode(), **headers)

    def done(self, form: SentForm, **values: str | None) -> Seen:
        """Send a form that does something, and follow to what says so."""
        answer = self.send(form, **values)
        assert answer.status == 303, seen(answer, answer.status).text
        return self.see(answer.headers["location"])

    def again(self, form: SentForm, status: int, **values: str | None) -> Seen:
        """Send a form that fails, and is shown again."""
        return seen(self.send(form, **values), status)


def seen(answer: Answer, status: int = 200) -> Seen:
    """A page that was answered, with the headers that all of them have."""
    assert answer.status == status, answer.body.decode()
    headers = answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    for part in ("style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "www-authenticate" not in headers
    return Seen(answer.body.decode("utf-8"))


def kept(server: Running) -> dict[str, list[Any]]:
    """All that the database holds, but for what counts tries and remembers uses."""
    tables = ("users", "tokens", "packages", "owners", "archives", "checks", "events", "jobs", "codes", "publishers")
    with server.room.database.read() as connection:
        found = {}
        for table in tables:
            rows = connection.execute(sql.text(f"SELECT * FROM {table}")).mappings().all()
            found[table] = sorted(({**row, "used": None} for row in rows), key=str)
        return found
