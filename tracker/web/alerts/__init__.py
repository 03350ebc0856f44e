"""An alert on the screen and behind a push: what was seen, who has it, what is done, who stands down."""
