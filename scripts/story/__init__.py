"""The model case, played through the real system on a clock that jumps."""
