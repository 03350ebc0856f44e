"""Who is called about an alert: whom the words of a ladder stand for, who comes next, and who hears of it
when nobody of them can be reached.
"""
