"""The naive model of the law: records.md 4 written down a second time, slow and literal.

It shares no code with the production fold (``streams.picture``), so that the two can disagree.
"""
