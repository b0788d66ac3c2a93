"""From a request for a page to an answer: who is asking, whether their form is ours, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import anyio
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pltpack.errors import PltError
from pltpack.pkg.names import is_package_name
from pltpack.server.accounts.sessions import Session, is_https, session_of
from pltpack.server.identity.identity import ANYBODY, SCOPES_OF, Identity
from pltpack.server.pages.asked import HOME, Answer, Asked, Form, Page, Redirect, Shown, Trouble
from pltpack.server.pages.guard import check_form, form_cookie
from pltpack.server.pages.rendering import HEADERS, STYLE, Renderer
from pltpack.server.problems import Problem, unknown
from pltpack.server.records.edits import LONGEST_NAME
from pltpack.server.room import Room
from pltpack.server.routes.endpoint import client_of, note_answer, problem_of, request_id, short_body

_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 5000
_THREADS: Final = 16

_T = TypeVar("_T")


def page_routes(room: Room, pages: Sequence[Page]) -> list[BaseRoute]:
    """The routes of the pages, and of their style. Raises :class:`~pltpack.errors.ConfigError` for a site whose
    configuration cannot be read."""
    renderer = Renderer(room)
    style, threads = renderer.style(), anyio.CapacityLimiter(_THREADS)

    async def answer_style(_request: Request) -> Response:
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300"}
        return Response(style, media_type="text/css", headers=headers)

    async def answer_home(_request: Request) -> Response:
        return Response(None, 307, headers={**HEADERS, "Location": f"{HOME}/"})

    nothing = Page(path=f"{HOME}/{{rest:path}}", id="none", show=_nothing, is_open=True)
    return [
        Route(HOME, answer_home, methods=["GET"]),
        Route(f"{HOME}/{STYLE}", answer_style, methods=["GET"]),
        *(
            Route(page.path, _Endpoint(room, renderer, page, threads).answer, methods=["GET", "POST"])
            for page in (*pages, nothing)
        ),
    ]


def _nothing(_asked: Asked, _trouble: Trouble | None) -> Answer:
    raise unknown("such page")


class _Endpoint:
    """Answers all requests for one page."""

    def __init__(self, room: Room, renderer: Renderer, page: Page, threads: anyio.CapacityLimiter) -> None:
        self._room = room
        self._renderer = renderer
        self._page = page
        self._threads = threads

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        start, number = time.perf_counter(), request_id(request.headers)
        answering = _Answering(self._room, self._renderer, self._page, request, number)
        try:
            if request.method == "POST":
                answering.body = await _body(request, self._room.config.limits.request_bytes)
            response = await self._in_thread(answering.answer)
        except ClientDisconnect:
            response = answering.problem(Problem(400, "cut-off", "the form was cut off"))
        except (Problem, TimeoutError) as error:
            problem = error if isinstance(error, Problem) else problem_of(error, number)
            response = await self._in_thread(lambda: answering.problem(problem))
        response.headers.update(HEADERS)
        note_answer(
            request,
            response,
            number,
            route=f"page-{self._page.id}",
            start=start,
            user=answering.identity.user,
        )
        return response

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


class _Answering:
    """One request on its way to an answer."""

    def __init__(self, room: Room, renderer: Renderer, page: Page, request: Request, number: str) -> None:
        self._room = room
        self._renderer = renderer
        self._page = page
        self._request = request
        self._number = number
        self._cookies: list[str] = []
        self._typed = Form()
        self._csrf = ""
        self.identity: Identity = ANYBODY
        self.body: bytes | None = None

    def answer(self) -> Response:
        """Answer; whatever is wrong is told by a page."""
        try:
            return self._answer()
        except Problem as problem:
            return self.problem(problem)
        except (PltError, OSError, SQLAlchemyError) as error:
            return self.problem(problem_of(error, self._number))

    def problem(self, problem: Problem) -> Response:
        """The page about a problem; what was typed is on it, so that it is not lost."""
        is_own = self._request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        typed = self._typed.shown() if is_own else []
        shown = Shown("problem.html", {"problem": problem, "typed": typed}, problem.status)
        return self._respond(self._asked(Form(), Form()), shown, None, problem)

    def _answer(self) -> Response:
        request, page = self._request, self._page
        name = request.path_params.get("name")
        if name is not None and not (is_package_name(name) and len(name) <= LONGEST_NAME):
            raise unknown("package of that name")
        query = _form(request.scope["query_string"])
        self._typed = form = Form() if self.body is None else _form(self.body)
        session = self._who()
        if session is not None:
            self._csrf = session.csrf
        elif page.is_open:
            self._csrf, made = form_cookie(request.headers.get("cookie"), secure=is_https(self._room))
            self._cookies += [] if made is None else [made]
        asked = self._asked(query, form)
        if self.body is not None:
            return self._act(asked)
        if session is None and not page.is_open:
            return self._redirect(Redirect(f"{HOME}/sign-in?next={_here(request)}"))
        return self._respond(asked, page.show(asked, None), None)

    def _act(self, asked: Asked) -> Response:
        """Do what a form asks for, if it is ours; after trouble show it again."""
        if asked.identity.is_anonymous and not self._page.is_open:
            raise Problem(403, "signed-out", "you are not signed in any more: sign in, and send it again")
        check_form(asked.form.one("csrf"), asked.csrf, self._request.headers)
        do = asked.form.one("do")
        action = self._page.actions.get(do)
        if action is None:
            raise Problem(400, "bad-form", "this page has no such form")
        try:
            return self._respond(asked, action(asked), None)
        except Problem as problem:
            trouble = Trouble(do, problem, asked.form)
        except (PltError, OSError, SQLAlchemyError) as error:
            trouble = Trouble(do, problem_of(error, self._number), asked.form)
        again = self._page.show(asked, trouble)
        return self._respond(asked, again, trouble, trouble.problem)

    def _who(self) -> Session | None:
        """The session that is shown."""
        session = session_of(self._room, self._request.headers.get("cookie"))
        if session is not None:
            self.identity = Identity(session.user, session.role, SCOPES_OF[session.role], how="session")
        return session

    def _asked(self, query: Form, form: Form) -> Asked:
        request = self._request
        return Asked(
            room=self._room,
            identity=self.identity,
            cookies=request.headers.get("cookie"),
            csrf=self._csrf,
            request=self._number,
            address=request.url.path,
            path={key: value for key, value in request.path_params.items() if isinstance(value, str)},
            query=query,
            form=form,
            client=client_of(request),
        )

    def _respond(
        self, asked: Asked, answer: Answer, trouble: Trouble | None, problem: Problem | None = None
    ) -> Response:
        if isinstance(answer, Redirect):
            return self._redirect(answer)
        status = answer.status if problem is None else problem.status
        headers = {}
        if problem is not None and "Retry-After" in problem.headers:
            headers["Retry-After"] = problem.headers["Retry-After"]
        html = self._renderer.html(asked, answer, trouble)
        # A browser would ask for credentials of another kind.
        response = Response(html.encode("utf-8", "replace"), 403 if status == 401 else status, headers=headers)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        return self._with_cookies(response, answer.cookies)

    def _redirect(self, answer: Redirect) -> Response:
        response = Response(None, 303, headers={"Location": answer.location})
        return self._with_cookies(response, answer.cookies)

    def _with_cookies(self, response: Response, cookies: Sequence[str]) -> Response:
        for cookie in (*self._cookies, *cookies):
            response.headers.append("Set-Cookie", cookie)
        return response


def _here(request: Request) -> str:
    """The address of a request, to come back to, as a part of another one; without what it says to be done."""
    return request.url.path.replace("%", "")


async def _body(request: Request, most: int) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise Problem(415, "no-form", f"a form is sent as {_TYPE}")
    return await short_body(request, most)


def _form(data: bytes) -> Form:
    """The fields in a body or an address. Raises a :class:`~pltpack.server.problems.Problem` (400)."""
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_FIELDS
        )
    except (UnicodeDecodeError, ValueError):
        raise Problem(400, "bad-form", "the form cannot be read") from None
    if any("\0" in text for pair in pairs for text in pair):
        raise Problem(400, "bad-form", "a field holds a NUL")
    return Form(pairs)
