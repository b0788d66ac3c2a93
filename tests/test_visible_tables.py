"""What a notebook shows of results: tables in which names of strangers do nothing."""

from __future__ import annotations

import io
from pathlib import Path

from pltpack.conversion.compare import compare
from pltpack.inspection.verify import verify
from pltpack.visible import MOST_ROWS, html_table


def test_text_is_escaped_and_many_rows_are_counted() -> None:
    rows = [("<script>", "a\x1b[2J&", None)] * (MOST_ROWS + 1234)
    text = html_table("<b>", ("x", "y", "z"), rows, len(rows))
    assert text.startswith("<p>&lt;b&gt;</p><table><tr><th>x</th>")
    assert "<script>" not in text
    assert "\x1b" not in text
    assert text.count("<tr><td>&lt;script&gt;</td><td>") == MOST_ROWS
    assert text.endswith("<p>… 1,234 more</p>")


def test_a_comparison(tmp_path: Path) -> None:
    for name, files in (("a", {"kept": "one", "old": "x"}), ("b", {"kept": "three", "<i>new": "x"})):
        (tmp_path / name).mkdir()
        for path, text in files.items():
            (tmp_path / name / path).write_text(text)
    shown = compare(tmp_path / "a", tmp_path / "b")._repr_html_()
    assert "<tr><td>-</td><td>old</td><td>file</td><td></td></tr>" in shown
    assert "<tr><td>+</td><td>&lt;i&gt;new</td><td></td><td>file</td></tr>" in shown
    assert "<tr><td>~</td><td>kept</td><td>file, 3</td><td>file, 5</td></tr>" in shown
    assert "<table>" not in compare(tmp_path / "a", tmp_path / "a")._repr_html_()


def test_a_report() -> None:
    shown = verify(io.BytesIO(b"no archive"))._repr_html_()
    assert "<tr><th>level</th><th>code</th><th>entry</th><th>message</th></tr><tr><td>damage</td>" in shown
