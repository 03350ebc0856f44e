"""The promises of the court, one file for each, in the words of its people."""
