"""Hypothesis-made package directories: names that the content modes have rules for, and info files at every level."""

from __future__ import annotations

from hypothesis import strategies as st

_DIRECTORIES = ("a", "lib", "doc", "tests", "scribblings", "compiled", ".git", "x~", "man ual")
_FILES = (
    *("main.rkt", "b.ss", "c.rkt", "m.scrbl", "n.txt", "s.css", "j.js", "page.html", "synced.rktd", "z.dep", "old~"),
    *("#auto#", ".gitignore", "main_rkt.zo", "b_ss.zo", "m_scrbl.zo", "é λ.txt"),
)
_PAGE = (
    '<html><script type="text/javascript" src="/home/u/doc/local-redirect/local-redirect.js"></script>'
    '<script type="text/javascript" src="file:///d/local-user-redirect.js"></script>'
    '<script type="text/javascript" src="x/local-redirect.js"></script></html>'
)
_LISTS = tuple(f"{mode}-{what}-files" for mode in ("source", "binary", "binary-lib") for what in ("omit", "keep"))
_DEFINITIONS = (
    "(define build-deps (list \"scribble-lib\" (string-append \"racket\" \"-doc\")))",
    "(define update-implies '(\"base\"))",
    "(define copy-foreign-libs '(\"libx.so\"))",
    "(define copy-shared-files (list \"a.dat\"))",
    "(define copy-man-pages '(\"a.1\"))",
    "(define move-man-pages '())",
    "(define scribblings '((\"m.scrbl\" (multi-page))))",
    "(define assume-virtual-sources '(\"x\"))",
    "(define package-content-state '(built \"6.0\"))",
    "(define pkg-desc \"quoted \\\"d\\\" \\\\ é λ \\t\")",
    "(define table '#hash((a . 1) (b . #\"bytes\\377\")))",
    "(define odd '(|a b| #\\a 1/2 1.5 #:k #rx\"x\" . tail))",
    "; a comment",
)  # fmt: skip

_names = st.sampled_from((*_DIRECTORIES, *_FILES, "info.rkt"))
_listed_paths = st.one_of(
    _names,
    st.builds("{}/{}".format, st.sampled_from(_DIRECTORIES), _names),
    st.builds("{}/{}/{}".format, st.sampled_from(_DIRECTORIES), st.sampled_from(_DIRECTORIES), _names),
    st.sampled_from(("a/", "./n.txt", "a//n.txt", "*", "../a")),
)


def _path_list(field: str, paths: list[str]) -> str:
    strings = " ".join('"' + path + '"' for path in paths)
    return f"(define {field} '({strings}))"


_path_lists = st.builds(_path_list, st.sampled_from(_LISTS), st.lists(_listed_paths, max_size=4))


@st.composite
def _info_files(draw: st.DrawFn, *, top: bool) -> str:
    definitions = draw(
        st.lists(
            st.one_of(_path_lists, _path_lists, st.sampled_from(_DEFINITIONS)),
            max_size=6,
            unique_by=lambda definition: definition.split()[1],
        )
    )
    if top:
        definitions.insert(0, draw(st.sampled_from(("", "(define collection 'multi)", '(define collection "one")'))))
    body = "\n".join(definitions)
    notation = draw(st.sampled_from(("lang", "lang", "old", "module", "begin")))
    if notation in ("lang", "old"):
        return f"#lang {'info' if notation == 'lang' else 'setup/infotab'}\n{body}\n"
    return (
        f"(module info setup/infotab {body}\n)"
        if notation == "module"
        else (f"(module info setup/infotab (#%module-begin {body}\n))")
    )


@st.composite
def package_trees(draw: st.DrawFn) -> dict[str, str | None]:
    """A tree as ``tests.formats.trees.build`` takes it; ``<plain>`` and ``<extras>`` stand for bytecode."""
    tree: dict[str, str | None] = {}
    directories = [""]
    for name in draw(st.lists(st.sampled_from(_DIRECTORIES), min_size=2, max_size=6)):
        path = draw(st.sampled_from(directories)) + name
        if path.count("/") < 3 and f"{path}/" not in directories:
            directories.append(f"{path}/")
            tree[path] = None
    for directory in directories:
        if draw(st.booleans()):
            tree[f"{directory}info.rkt"] = draw(_info_files(top=not directory))
        for name in draw(st.lists(st.sampled_from(_FILES), max_size=6, unique=True)):
            text = draw(st.sampled_from(("<plain>", "<extras>"))) if name.endswith(".zo") else name
            tree[directory + name] = draw(st.sampled_from((_PAGE, "<html/>"))) if name == "page.html" else text
    return tree


class Batch(list[dict[str, str | None]]):
    """Trees for one Racket process; too long to be shown."""

    def __repr__(self) -> str:
        return f"<{len(self)} trees>"


def batches(size: int) -> st.SearchStrategy[Batch]:
    """So many trees at once."""
    return st.lists(package_trees(), min_size=size, max_size=size).map(Batch)
