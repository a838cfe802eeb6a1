"""One file per edit method, each readable beside its paper; ``table`` lists them without importing torch."""
