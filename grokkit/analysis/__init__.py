"""Measures and tests of arrived and censored runs, for chapters and rules alike: phases, survival, variance, exact tests."""
