"""Pictures edited by words, on people whose other pose is known: ``python -m bench.edits`` (see ``__main__``)."""
