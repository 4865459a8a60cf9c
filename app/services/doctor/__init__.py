"""What an operator should know of an installation: each finding a sentence and the way out of it.

Nothing here changes anything, and no finding repeats a secret.
"""
