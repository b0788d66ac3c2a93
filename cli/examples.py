"""Calls that show what each command is for. Its help and its manual page end with them, and a test runs each.

They speak of one folder: ``mylib``, a package's directory; ``puzzles.zip``, ``old.plt``, ``new.plt`` and ``archives``,
packed ones; ``site``, a catalog that was built of them; ``catalog-root``, a catalog server, which runs and has
``shapes``; ``planet``, archives of PLaneT; ``racket.lock``, its ``.racket``, ``advisories``; ``racket-8.7.sh``, an
installer, ``dist``, a site that gives it out, ``snaps``, snapshots of it, and ``build``, what a build has left.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_UNPACK: Final = (
    "{0} -l old.plt",
    "{0} old.plt --dest somewhere",
    "{0} --dry-run old.plt new.plt --dest both",
)

_CREATE: Final = (
    "{0} mylib",
    "{0} --format tgz --source --dest . mylib",
)

_PACK: Final = (
    "{0} out.plt mylib",
    '{0} --replace --at-plt --plt-name "My library" ++setup mylib out.plt mylib',
    "{0} --collect --collects . out.plt mylib",
)

EXAMPLES: Final = MappingProxyType(
    {
        "raco-pack": tuple(call.format("raco-pack") for call in _PACK),
        "raco-unpack": tuple(call.format("raco-unpack") for call in _UNPACK),
        "unpack": (
            *(call.format("unpack") for call in _UNPACK),
            "unpack --at-plt --dry-run --racket-version 8.7 new.plt",
        ),
        "pltpack pack": tuple(call.format("pltpack pack") for call in _PACK),
        "pltpack unpack": tuple(call.format("pltpack unpack") for call in _UNPACK),
        "pltpack list": ("pltpack list --tree old.plt", "pltpack list --long old.plt '*.rkt'", "pltpack list archives"),
        "pltpack show": (
            "pltpack show old.plt",
            "pltpack show --table archives",
            "pltpack show --html overview.html archives",
        ),
        "pltpack doctor": ("pltpack doctor",),
        "pltpack cat": ("pltpack cat old.plt mylib/main.rkt",),
        "pltpack verify": ("pltpack verify puzzles.zip", "pltpack verify --summary --fail-on unsafe archives"),
        "pltpack find": (
            "pltpack find --text racket/base archives",
            "pltpack find --name '*.rkt' --count archives",
            "pltpack find --requires racket/list archives",
        ),
        "pltpack duplicates": ("pltpack duplicates archives", "pltpack duplicates --json archives"),
        "pltpack edit": (
            "pltpack edit old.plt --set name='My library 2' -o newer.plt",
            "pltpack edit old.plt --add mylib/main.rkt=mylib/main.rkt --rm mylib/notes.txt",
        ),
        "pltpack diff": ("pltpack diff old.plt new.plt", "pltpack diff --content puzzles.zip mylib"),
        "pltpack convert": (
            "pltpack convert new.plt new.zip",
            "pltpack convert --into zips --format zip old.plt puzzles.zip",
        ),
        "pltpack schema": ("pltpack schema", "pltpack schema pltpack.verify"),
        "pltpack create": tuple(call.format("pltpack create") for call in _CREATE),
        "pltpack source": ("pltpack source https://github.com/racket/typed-racket.git", "pltpack source puzzles.zip"),
        "pltpack info": ("pltpack info mylib", "pltpack info --json mylib/info.rkt"),
        "pltpack dirs": ("pltpack dirs --racket-version 8.7",),
        "pltpack planet show": ("pltpack planet show planet/kit.plt",),
        "pltpack planet create": ("pltpack planet create mylib",),
        "pltpack planet index": ("pltpack planet index planet --table owners.csv",),
        "pltpack planet rescue": ("pltpack planet rescue planet --table owners.csv --into pkgs --report rescue.html",),
        "pltpack planet cache": ("pltpack planet cache planet --table owners.csv --racket-version 8.7 --addon addon",),
        "pltpack planet cached": ("pltpack planet cached --racket-version 8.7",),
        "pltpack planet remove": ("pltpack planet remove --racket-version 8.7 ann/kit.plt:1:0",),
        "pltpack planet link": ("pltpack planet link --racket-version 8.7 ann/mylib.plt:1:0 mylib",),
        "pltpack planet unlink": ("pltpack planet unlink --racket-version 8.7 ann/linked.plt:1:0",),
        "pltpack planet serve": ("pltpack planet serve planet --table owners.csv --port 9450",),
        "pltpack fetch": ("pltpack fetch puzzles.zip", "pltpack fetch --catalog site/catalog puzzles"),
        "pltpack cache dir": ("pltpack cache dir",),
        "pltpack cache prune": ("pltpack cache prune --dry-run",),
        "pltpack cache show": ("pltpack cache show",),
        "pltpack cache verify": ("pltpack cache verify",),
        "pltpack catalog init": ("pltpack catalog init new-site",),
        "pltpack catalog build": (
            "pltpack catalog build new-site mylib puzzles.zip",
            "pltpack catalog build site",
        ),
        "pltpack catalog add": ("pltpack catalog add site mylib",),
        "pltpack catalog remove": ("pltpack catalog remove site puzzles",),
        "pltpack catalog yank": ("pltpack catalog yank site puzzles --reason 'use mylib'",),
        "pltpack catalog check": ("pltpack catalog check site", "pltpack catalog check --sarif site > findings.sarif"),
        "pltpack catalog serve": ("pltpack catalog serve site --port 9004",),
        "pltpack catalog snapshot": ("pltpack catalog snapshot site --stamp 2026-09-01",),
        "pltpack catalog diff": ("pltpack catalog diff site/snapshots/current site",),
        "pltpack catalog restore": ("pltpack catalog restore site 2026-08-01",),
        "pltpack catalog prune": ("pltpack catalog prune site --keep 5 --dry-run",),
        "pltpack catalog publish": ("pltpack catalog publish site published",),
        "pltpack push": (
            "pltpack push puzzles.zip --server http://127.0.0.1:9004 --dry-run",
            "pltpack push mylib --wait",
        ),
        "pltpack login": ("pltpack login --logout",),
        "pltpack yank": ("pltpack yank shapes --reason 'use mylib'",),
        "pltpack unyank": ("pltpack unyank shapes",),
        "pltpack owner": ("pltpack owner shapes", "pltpack owner shapes --add ann@example.org"),
        "pltpack publisher": (
            "pltpack publisher shapes",
            "pltpack publisher shapes --add github --repository ann/shapes --workflow release.yml",
            "pltpack publisher shapes --add gitlab --repository ann/shapes --ref 'refs/tags/v*'",
        ),
        "pltpack refresh": ("pltpack refresh --wait",),
        "pltpack status": ("pltpack status", "pltpack status shapes"),
        "pltpack events": ("pltpack events shapes",),
        "pltpack hook list": ("pltpack hook list", "pltpack hook list shapes"),
        "pltpack hook add": ("pltpack hook add https://example.org/gone --package shapes --action remove",),
        "pltpack hook change": ('pltpack hook change "$HOOK" --action all --disable',),
        "pltpack hook remove": ('pltpack hook remove "$HOOK"',),
        "pltpack hook deliveries": ('pltpack hook deliveries "$HOOK" --most 5',),
        "pltpack server init": ("pltpack server init --root new-root",),
        "pltpack server run": ("pltpack server run --root catalog-root --port 9004",),
        "pltpack server migrate": ("pltpack server migrate --root catalog-root",),
        "pltpack server backup": ("pltpack server backup --root catalog-root saved.tar",),
        "pltpack server restore": ("pltpack server restore catalog.tar --root another",),
        "pltpack server doctor": ("pltpack server doctor --root catalog-root --deep",),
        "pltpack server refresh": ("pltpack server refresh --root catalog-root",),
        "pltpack server import": ("pltpack server import --root catalog-root site/catalog",),
        "pltpack server token": (
            "pltpack server token --root catalog-root ben@example.org --scope upload --package 'shapes*'",
            "pltpack server token --root catalog-root",
        ),
        "pltpack server log": (
            "pltpack server log --root catalog-root --action token",
            "pltpack server log --root catalog-root --since 2026-11-01 --most 0 --jsonl > log.jsonl",
        ),
        "pltpack server user add": (
            "pltpack server user add --root catalog-root ben@example.org --display Ben --role curator",
        ),
        "pltpack server user list": ("pltpack server user list --root catalog-root",),
        "pltpack server user password": (
            "pltpack server user password --root catalog-root ann@example.org --password-file token",
            "pltpack server user password --root catalog-root ann@example.org --remove",
        ),
        "pltpack server user role": ("pltpack server user role --root catalog-root ann@example.org curator",),
        "pltpack server user disable": (
            "pltpack server user disable --root catalog-root ann@example.org",
            "pltpack server user disable --root catalog-root ann@example.org --undo",
        ),
        "pltpack site init": ("pltpack site init new",),
        "pltpack site record": (
            'pltpack site record dist racket-8.7.sh -d "{1} Racket | {2} Linux | x86_64" -f',
            'pltpack site record dist -d "{1} Racket | {3} Windows" --log failed.txt',
            "pltpack site record dist --racket-version 8.7 --sums",
        ),
        "pltpack site forget": ('pltpack site forget dist "Racket | Linux"',),
        "pltpack site merge": ("pltpack site merge all dist build",),
        "pltpack site packages": ("pltpack site packages dist --from site puzzles",),
        "pltpack site origin": ("pltpack site origin dist tree/collects",),
        "pltpack site page": ("pltpack site page dist",),
        "pltpack site check": ("pltpack site check dist", "pltpack site check snaps --no-installers"),
        "pltpack site snapshot": ("pltpack site snapshot dist snaps --commit 0a1b2c3d4e",),
        "pltpack site snapshots": ("pltpack site snapshots snaps --max 5 --weeks 4",),
        "pltpack site mirror": (
            "pltpack site mirror dist/installers copy --only '*.sh'",
            "pltpack site mirror dist/installers copy --keep 3 --dry-run",
        ),
        "pltpack installer show": (
            "pltpack installer show racket-8.7.sh",
            "pltpack installer show racket-8.7.sh --list",
        ),
        "pltpack installer verify": ("pltpack installer verify racket-8.7.sh --sums dist",),
        "pltpack installer extract": ("pltpack installer extract racket-8.7.sh --into racket",),
        "raco-pkg install": (
            "raco-pkg install --auto --catalog site/catalog puzzles",
            "raco-pkg install ./mylib",
            "raco-pkg install --dry-run puzzles.zip",
        ),
        "raco-pkg update": ("raco-pkg update --all --auto", "raco-pkg update --catalog site/catalog shapes"),
        "raco-pkg remove": ("raco-pkg remove --auto shapes",),
        "raco-pkg new": ("raco-pkg new another",),
        "raco-pkg show": ("raco-pkg show", "raco-pkg show --all --long"),
        "raco-pkg migrate": ("raco-pkg migrate --dry-run 8.6",),
        "raco-pkg create": tuple(call.format("raco-pkg create") for call in _CREATE),
        "raco-pkg catalog-show": (
            "raco-pkg catalog-show --catalog site/catalog puzzles",
            "raco-pkg catalog-show --all --only-names --catalog site/catalog",
        ),
        "raco-pkg catalog-copy": ("raco-pkg catalog-copy site/catalog copy.sqlite",),
        "raco-pkg catalog-archive": ("raco-pkg catalog-archive mirror site/catalog",),
        "raco-pkg archive": ("raco-pkg archive archived shapes",),
        "raco-pkg config": ("raco-pkg config", "raco-pkg config --set catalogs site/catalog/ ''"),
        "raco-pkg empty-trash": ("raco-pkg empty-trash --list",),
        "raco-pkg restore": ("raco-pkg restore removed",),
        "raco-pkg why": ("raco-pkg why shapes",),
        "raco-pkg tree": ("raco-pkg tree", "raco-pkg tree --invert shapes"),
        "raco-pkg lock": ("raco-pkg lock --catalog site/catalog shapes", "raco-pkg lock --installed"),
        "raco-pkg sync": (
            "raco-pkg sync --root image --racket-version 8.7",
            "raco-pkg sync --offline",
        ),
        "raco-pkg env": ("raco-pkg env one two",),
        "raco-pkg run": ("raco-pkg run -- printenv PLTADDONDIR",),
        "raco-pkg activate": ("raco-pkg activate --shell sh",),
        "raco-pkg vendor": ("raco-pkg vendor vendor",),
        "raco-pkg outdated": ("raco-pkg outdated --catalog site/catalog",),
        "raco-pkg check": ("raco-pkg check", "raco-pkg check --repair"),
        "raco-pkg export": ("raco-pkg export", "raco-pkg export --format nix -o packages.nix"),
        "raco-pkg audit": ("raco-pkg audit advisories", "raco-pkg audit advisories/*.json --ignore OSV-2026-1"),
        "raco-pkg diff": ("raco-pkg diff racket.lock", "raco-pkg diff --json racket.lock racket.lock"),
    }
)
"""For each command, by its full name, at least one call."""
