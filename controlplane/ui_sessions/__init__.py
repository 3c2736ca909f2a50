"""A person's way into the engine's own UI: a code for the way to the edge, and what the edge's cookie then holds."""
