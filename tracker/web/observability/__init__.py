"""What programs ask and are told of this process: whether it can do its work, and what was measured."""
