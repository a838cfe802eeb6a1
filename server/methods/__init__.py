"""One file per edit method, each readable beside its paper; ``registry`` lists them without importing torch."""
