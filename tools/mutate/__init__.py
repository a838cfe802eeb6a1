"""Would the tests notice a small fault? Faults are planted one at a time, and the tests that cover them run."""
