"""What painting an effect layer needs beside the algorithm: the generator, views of one picture, and what judges it."""
