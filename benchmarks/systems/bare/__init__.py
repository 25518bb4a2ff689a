"""What an expert writes by hand for the same durability: rows and commits."""
