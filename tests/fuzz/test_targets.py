"""Every seed and every input that was once found goes through its target, without a fuzzer."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.mutators import MUTATORS
from tests.fuzz.seeds import FOUND, seeds
from tests.fuzz.targets import TARGETS

SEEDS = {target: list(seeds(target)) for target in TARGETS}


def test_each_target_has_seeds_and_a_mutator() -> None:
    assert all(SEEDS.values())
    assert set(MUTATORS) == set(TARGETS)
    assert {folder.name for folder in FOUND.iterdir() if folder.is_dir()} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_seeds(target: str) -> None:
    for name, data in SEEDS[target]:
        try:
            TARGETS[target](data)
        except Exception as error:
            error.add_note(f"input: {name}")
            raise


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_seeds(target: str) -> None:
    """A little of what the fuzzer does, without guidance: also keeps the mutators working."""
    chance = random.Random(f"seed of {target}")

    def flip(data: bytes) -> bytes:
        if not data:
            return b"x"
        at = chance.randrange(len(data))
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]

    for _ in range(60):
        name, data = chance.choice(SEEDS[target])
        mutated = MUTATORS[target](data, flip, chance)
        try:
            TARGETS[target](mutated)
        except Exception as error:
            error.add_note(f"from {name}: {mutated!r}")
            raise
