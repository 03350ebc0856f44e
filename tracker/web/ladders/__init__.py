"""The ladders on the screen: what stands, what stood, and the form that tries another."""
