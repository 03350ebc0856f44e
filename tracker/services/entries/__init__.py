"""The watch list: an entry is registered, approved by a second person, amended and validated, in force or
not; one by one or as a file, and gone as soon as the money is there.
"""
