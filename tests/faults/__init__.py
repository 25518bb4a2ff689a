"""Faults: crashes, lost answers, races and dying processes, with a proof for each."""
