"""The watch list on the screen: registering, four eyes, what stands, what changes it, what lets go."""
