"""From arguments to results: arrays, windows and plans, draws, threads, and the call itself."""
