"""What an operator runs: each module is one command, imported only when it is asked for."""
