"""One file per model family; ``families`` lists them without importing torch."""
