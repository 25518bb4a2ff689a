"""The tutorial's programs, in the tutorial's words, in one process and through workers."""
