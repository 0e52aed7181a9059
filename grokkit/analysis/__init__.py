"""Measures of arrived and censored runs, for chapters and rules alike: phases, survival, shares of variance."""
