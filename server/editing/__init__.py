"""What every method is given and hands back, and the view of a picture that a model is shown."""
