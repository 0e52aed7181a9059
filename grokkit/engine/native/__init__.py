"""Programs in C++ that take many steps of a small network in one call, and what tells them what to do."""
