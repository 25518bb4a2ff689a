"""Workers in this process and in others."""
