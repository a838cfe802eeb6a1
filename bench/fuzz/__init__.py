"""All that comes from outside, mutated: ``python -m bench.fuzz`` (see ``__main__``)."""
