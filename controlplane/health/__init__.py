"""For operators' machines: is the process up, do its dependencies answer, what does it measure."""
