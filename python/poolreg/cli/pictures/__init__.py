"""Images in and out, and the pictures that the command line draws."""
