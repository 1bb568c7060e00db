"""What the commands share: files named on the command line, and progress on the terminal."""
