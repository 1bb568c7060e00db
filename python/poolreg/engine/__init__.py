"""From arguments to results: arrays, windows and plans, draws, threads, and one call."""
