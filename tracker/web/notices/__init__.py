"""What notices say and by whom they go out, on the screen."""
