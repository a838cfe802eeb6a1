"""Cases of people who used it, each a row: what is right beside what came. One module for each area."""
