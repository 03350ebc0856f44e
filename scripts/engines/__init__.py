"""Private servers of the production engines, for tests, the story and benchmarks: free ports on 127.0.0.1, a
folder of their own, ended by their process id.
"""
