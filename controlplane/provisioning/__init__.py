"""From desired to actual: what runners are told, what they report, and the sweeps that make lost hints harmless."""
