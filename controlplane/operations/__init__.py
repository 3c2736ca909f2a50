"""Long changes with steps, so that people and programs see progress."""
