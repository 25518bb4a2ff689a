"""Methods as workflows, debounced workflows, and waiting for the first of several."""
