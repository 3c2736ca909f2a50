"""Both halves on one machine: what `script/up` starts, keeps and stops."""
