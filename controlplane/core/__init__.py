"""What every noun stands on: database, queue, errors, identifiers, tokens, encryption, time, pages, logs."""
