"""The court's people on the screen, and what each of them sees to: own numbers and devices."""
