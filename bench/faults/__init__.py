"""What happens to an edit when something goes wrong: ``python -m bench.faults`` (see ``__main__``)."""
