"""Late registration: who bought a ticket yesterday, and is listed today."""
