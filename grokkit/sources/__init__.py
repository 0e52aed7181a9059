"""What each source's text and code say of its runs: functions that return a `Run`, the deviations beside them."""
