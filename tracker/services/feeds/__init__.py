"""The list on its way out: what each agency is asked about a subject, numbered and signed change by change or
as a whole, in epochs; and the journal of what was taken off it.
"""
