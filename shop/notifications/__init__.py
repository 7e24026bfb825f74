"""Who is told what, when and how: read from the order, written to phone and mailbox.

An event of an order is a job in the outbox. ``send.deliver`` writes its messages,
each a row that is also the twin on the order's page; ``send.send`` takes them out,
one by one.
"""
