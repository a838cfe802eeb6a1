"""What of a picture is meant: from a rough selection, places or words to a soft mask."""
