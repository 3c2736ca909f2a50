"""What relay nodes report of the tunnels they hold, shown to the members of the environment's account."""
