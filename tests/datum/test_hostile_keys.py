"""Numbers chosen to have one hash value in Python must not make tables slow."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pltpack.datum.reader import read_datum
from pltpack.datum.values import _hashed_well, same_datum

MODULUS = 2**61 - 1


@pytest.mark.parametrize(
    "number", [lambda i: (i + 1) * MODULUS, lambda i: Fraction((2 * i + 1) * MODULUS, 2)], ids=["integers", "fractions"]
)
def test_equal_hash_values_are_not_taken_over(number: object) -> None:
    assert callable(number)
    numbers = [number(i) for i in range(1000)]
    assert len(set(map(hash, numbers))) == 1
    assert len({hash(_hashed_well(each)) for each in numbers}) > 990


@pytest.mark.parametrize("kind", ["hash", "hasheqv"])
def test_tables_of_such_keys_read_well(kind: str) -> None:
    keys = [i * MODULUS for i in range(3000)] * 2
    text = f"#{kind}({' '.join(f'({key} . x)' for key in keys)})".encode()
    table, _ = read_datum(text)
    assert len(table.entries) == 3000
    assert same_datum(table, read_datum(text)[0])


def test_zeros_and_nans_keep_their_identity() -> None:
    table, _ = read_datum(b"#hasheqv((0.0 . a) (-0.0 . b) (+nan.0 . c) (+nan.0 . d) (0 . e) (#t . f) (1 . g))")
    assert [content.name for _, content in table.entries] == ["a", "b", "d", "e", "f", "g"]
