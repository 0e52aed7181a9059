"""The engine beside the loop that a user would write: same shapes, same process, one thread."""
