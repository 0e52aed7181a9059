"""Measures and tests of arrived and censored runs: phases, survival, shares of variance, alignment, statistics."""
