"""The rules of the court's work: pure, without input or output, clock or chance."""
