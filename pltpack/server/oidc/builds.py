"""What an id token tells of the build that shows it, in the words of GitHub and of GitLab."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pltpack.server.problems import Problem

Forge: TypeAlias = Literal["github", "gitlab"]

_GITHUB_WORKFLOW: Final = re.compile(r"(?P<repository>[^/@]+/[^/@]+)/\.github/workflows/(?P<file>[^/@]+)@.+")
_GITLAB_WORKFLOW: Final = re.compile(r"(?P<host>[^/@]+)/(?P<repository>[^@]+?)//(?P<file>[^@]+)@.+")
_STRANGERS: Final = frozenset(
    {"pull_request", "pull_request_target", "merge_request_event", "external_pull_request_event"}
)
"""Events with which a build can run what somebody has only proposed."""
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Build:
    """A build: in which repository (``number`` is what the forge calls it, whatever its name), by which file, for which
    ref, and in which environment, if it is in one."""

    forge: Forge
    issuer: str
    repository: str
    number: str
    workflow: str
    ref: str
    environment: str | None = None

    def __str__(self) -> str:
        where = "" if self.environment is None else f", environment {self.environment}"
        return f"{self.repository}, {self.workflow}, {self.ref}{where}"


def invalid(detail: str) -> Problem:
    """An id token that is no good."""
    return Problem(422, "invalid-id-token", detail)


def build_of(forge: Forge, issuer: str, claims: Mapping[str, object]) -> Build:
    """The build of which an id token tells. Raises a :class:`~pltpack.server.problems.Problem` (422) for one that does
    not tell enough, and for a build of what was only proposed."""
    return _FORGES[forge](issuer, claims)


def same_environment(forge: Forge, one: str, other: str) -> bool:
    """Whether two names are of one environment: GitHub does not tell capitals from small letters."""
    return one.lower() == other.lower() if forge == "github" else one == other


def _github(issuer: str, claims: Mapping[str, object]) -> Build:
    _refuse_strangers(claims, "event_name")
    repository = _text(claims, "repository")
    # The workflow in which the job stands, which another one may call.
    found = _GITHUB_WORKFLOW.fullmatch(_text(claims, "job_workflow_ref"))
    if found is None or found["repository"].lower() != repository.lower():
        raise invalid("its job stands in a workflow of another repository")
    return Build(
        forge="github",
        issuer=issuer,
        repository=repository,
        number=_text(claims, "repository_id"),
        workflow=found["file"],
        ref=_text(claims, "ref"),
        environment=_text(claims, "environment") if claims.get("environment") else None,
    )


def _gitlab(issuer: str, claims: Mapping[str, object]) -> Build:
    _refuse_strangers(claims, "pipeline_source")
    repository = _text(claims, "project_path")
    found = _GITLAB_WORKFLOW.fullmatch(_text(claims, "ci_config_ref_uri"))
    host = urlsplit(issuer).netloc
    if found is None or found["repository"].lower() != repository.lower() or found["host"].lower() != host.lower():
        raise invalid("its pipeline is configured in another project")
    ref = _text(claims, "ref")
    folder = {"branch": "refs/heads", "tag": "refs/tags"}.get(_text(claims, "ref_type"))
    if folder is None:
        raise invalid("it tells neither a branch nor a tag")
    return Build(
        forge="gitlab",
        issuer=issuer,
        repository=repository,
        number=_text(claims, "project_id"),
        workflow=found["file"],
        ref=f"{folder}/{ref}",
        environment=_text(claims, "environment") if claims.get("environment") else None,
    )


def _refuse_strangers(claims: Mapping[str, object], name: str) -> None:
    event = _text(claims, name)
    if event in _STRANGERS:
        raise invalid(f"it is of a build of what was only proposed ({event})")


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    value = str(value) if type(value) is int else value
    if not isinstance(value, str) or not value or len(value) > _LONGEST or not value.isprintable():
        raise invalid(f"it does not tell its {name}")
    return value


_FORGES: Final[Mapping[Forge, Callable[[str, Mapping[str, object]], Build]]] = {"github": _github, "gitlab": _gitlab}
