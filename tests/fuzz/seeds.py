"""What fuzzing starts from: the fixtures, and every input that once showed a defect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tests.streams import CRAFTED, FIXTURES, SAMPLES

FOUND: Final = FIXTURES / "fuzz"
"""One folder for each target, in it one file for each input that was once found."""

_MOST: Final = 1 << 15
"""Bytes of a seed: larger ones make fuzzing slow and show nothing new."""

TOKENS: Final = (
    *("PLT", "file", "file-replace", "dir", "same", "up", "*", "..", ".", "collects", "lib", "doc", "include"),
    *(
        "(lambda (request failure) (case request",
        "((name) ",
        "((unpacker) (quote mzscheme))",
        "((requires) (quote ()))",
    ),
    *("((conflicts) (quote ()))", "((plt-relative?) #t)", "((plt-home-relative?) #t)", "((test-plt-dirs) #f)"),
    *("(else (failure))))", "(unit (import main-collects-parent-dir mzuntar) (export) (mzuntar void) (quote ()))"),
    *("#t", "#f", "#true", "#\\", "#\\nul", "#\\u", "#\\x", "#\\(", '#"', '#rx"', '#px#"', "#&", "#(", "#fl(", "#fx("),
    *("#s(", "#hash(", "#hasheq(", "#hasheqv(", "#hashalw(", "#0=", "#0#", "#1=", "#1#", "#:", "#;", "#|", "|#", "#!"),
    *("#ci", "#cs", "#e", "#i", "#x", "#b", "#o", "#d", "#%", "#'", "#`", "#,", "#,@", "'", "`", ",", ",@", "|", "\\"),
    *(
        "#<<",
        "#<<E\nE\n",
        "#~",
        "#lang",
        "#reader",
        "#5(",
        "#2fl(",
        " . ",
        ". x .",
        "+inf.0",
        "-nan.0",
        "+inf.t",
        "1e400",
    ),
    *(
        "1/2",
        "1.5t3",
        "1+2i",
        "1@2",
        "#e1e99",
        "1#.#",
        "\\u00e9",
        "\\U10FFFF",
        "\\ud800\\udc00",
        "\\377",
        "\\\n",
        "\x85",
    ),
    *(
        "#lang info\n",
        "(module info setup/infotab ",
        "(#%module-begin ",
        "(define ",
        "(define (",
        "(lambda (",
        "(let ([",
    ),
    *("(if ", "(list ", "(cons ", "(append ", "(string-append ", "(quote ", "(quasiquote ", "(unquote ", "(hash-ref "),
    *(
        "(map ",
        "(apply ",
        "(build-path ",
        "(collection-path ",
        "(format ",
        "(regexp-match ",
        "(case-lambda ",
        "(getenv ",
    ),
    *('"name"', '"version"', "deps", "build-deps", "multi", "use-pkg-name", "source", "pnr", "root", "static-root"),
    *("sc-pkg-info", "pkg-info", "[[:alpha:]]", "(?i:", "(?<=", "\\\\p{Ll}", "{1,2}", "git://", "github://", "?path="),
    *("file://", "http://", "#main", ".git", ".zip", ".plt", ".tar.gz", "%2F", "%00", "ustar", "path=", "size=", "PK"),
)
"""Words that chance would take long to put together."""


def seeds(target: str) -> Iterator[tuple[str, bytes]]:
    """The inputs for a target, each with a name: from the fixtures, then what was found."""
    for name, data in _SOURCES[target]():
        if len(data) <= _MOST:
            yield name, data
    for file in sorted((FOUND / target).glob("*")):
        yield f"found/{file.name}", file.read_bytes()


def _archives() -> Iterator[tuple[str, bytes]]:
    for file in [*SAMPLES, *CRAFTED]:
        yield file.name, file.read_bytes()


def _raw_streams() -> Iterator[tuple[str, bytes]]:
    from tests.fuzz.mutators import unwrapped

    for name, data in _archives():
        if raw := unwrapped(data):
            yield name, raw


def _headers() -> Iterator[tuple[str, bytes]]:
    for name, data in _raw_streams():
        end = data.find(b"(quote ()))\n")
        yield name, data[3 : end + 12 if end > 0 else 600]


def _packages(*suffixes: str) -> Iterator[tuple[str, bytes]]:
    for suffix in suffixes:
        for file in sorted((FIXTURES / "pkg" / "create").glob(f"*{suffix}")):
            yield file.name, file.read_bytes()


def _anything() -> Iterator[tuple[str, bytes]]:
    yield from _archives()
    yield from _raw_streams()
    yield from _packages(".zip")
    yield from _tarred()


def _tarred() -> Iterator[tuple[str, bytes]]:
    from tests.fuzz.mutators import gunzipped

    for name, data in _packages(".tgz"):
        yield name, data
        yield f"{name}.tar", gunzipped(data)


def _data() -> Iterator[tuple[str, bytes]]:
    for number, text in enumerate(json.loads((FIXTURES / "datum" / "texts.json").read_text("utf-8"))):
        yield f"text {number}", text.encode()


def _infos() -> Iterator[tuple[str, bytes]]:
    for case in json.loads((FIXTURES / "info" / "cases.json").read_text("utf-8")):
        if "source" in case:
            yield case["label"], case["source"].encode()


def _settings() -> Iterator[tuple[str, bytes]]:
    for name, key in (("links-cases.json", "links"), ("dirs-cases.json", "config.rktd")):
        for case in json.loads((FIXTURES / "directories" / name).read_text("utf-8")):
            if isinstance(case.get(key), str):
                yield case["label"], case[key].encode()
    records = (
        b'("x" . #s(sc-pkg-info (pnr "x") "a0" #t "x")) ("y" . #s((pkg-info/alt pkg-info 3) (link "../y") #f #f "z"))'
    )
    yield "pkgs.rktd", b"#hash(" + records + b")"


def _leftovers() -> Iterator[tuple[str, bytes]]:
    owner = {"pid": 1, "host": "x", "since": 1, "transaction": "t", "areas": [".", "/nowhere"], "first": "/nowhere"}
    for number, path in enumerate((["x"], ["x", "y"], ["mine"], ["..", "outside"], [])):
        for tree in (False, True):
            records = [[0, number % 3, tree, path, 1, 1, 1]] * (1 + number)
            journal = {"transaction": "t", "areas": ["."], "records": records}
            yield f"journal {number}", json.dumps(journal).encode()
            yield f"owner and journal {number}", json.dumps(owner).encode() + b"\0" + json.dumps(journal).encode()


def _sources() -> Iterator[tuple[str, bytes]]:
    for case in json.loads((FIXTURES / "pkg" / "package-sources.json").read_text("utf-8")):
        yield case["source"], case["source"].encode("utf-8", "surrogatepass")


_SOURCES: Final = {
    "archive": _archives,
    "raw": _raw_streams,
    "header": _headers,
    "checked": _anything,
    "extract": _raw_streams,
    "leftovers": _leftovers,
    "datum": _data,
    "info": _infos,
    "settings": _settings,
    "source": _sources,
    "zip": lambda: _packages(".zip"),
    "tar": _tarred,
    "converted": _anything,
}
