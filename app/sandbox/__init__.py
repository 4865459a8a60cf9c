"""A marketplace that obeys the published API of Wildberries and Ozon, for the demo and the tests.

Invented sellers, each generated from a seed and kept as a log of events. It imports nothing of the
product but ``app.core``: books that shared the product's arithmetic would prove nothing.
Start it with ``python -m app.sandbox``, or in a test ``with SandboxServer(World(...)) as s``.
"""
