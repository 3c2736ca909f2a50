"""`rcloud apply`: an account as a file says it should be."""
