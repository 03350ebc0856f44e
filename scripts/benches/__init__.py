"""What was promised, measured: each bench with the floor or rival of the same run beside it."""
