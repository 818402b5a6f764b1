"""bench/quick: two builds of ours against each other."""
