"""The console and the HTTP ways in: handlers that open the transactions and show what the services did."""
