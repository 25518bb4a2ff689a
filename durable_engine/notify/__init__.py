"""Wake-ups between threads, loops and processes: hints, never the truth (I5)."""
