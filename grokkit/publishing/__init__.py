"""The static book: what is executed again and why, what is built, and what the README says of it."""
