"""What a run is and what is asked of it: settings, and what follows from them alone (schedules, batches, the key)."""
