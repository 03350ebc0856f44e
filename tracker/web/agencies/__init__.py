"""The partners on the screen: their feeds and replicas, and what of them was refused."""
