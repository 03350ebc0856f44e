"""Whom the court deals with outside: which of an agency's instances are let in, what an agency is given of a
person, and how it is written to.
"""
