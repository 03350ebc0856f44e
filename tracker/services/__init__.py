"""What the court does, one module per piece of business. Each function takes the transaction first."""
