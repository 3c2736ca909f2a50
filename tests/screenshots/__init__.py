"""`script/screenshots`: every page of the console as people see it, from a plane of its own."""
