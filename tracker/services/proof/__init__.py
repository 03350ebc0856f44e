"""How the court knows that it works: drills on the real phones, everything that was done about one alert, and
what should have happened by now and has not.
"""
