"""The original catalog server's routes of edits, for programs that speak with it; off unless the configuration says so.

What is asked and answered is as it was; the statuses tell the truth, and none of the original's faults comes back.
"""
