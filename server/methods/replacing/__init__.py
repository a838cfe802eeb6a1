"""How a new thing gets its place in a selection."""
