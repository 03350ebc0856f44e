"""What the court does: a package for each part of its business, a module for each piece of it. Each function
takes the transaction first.
"""
