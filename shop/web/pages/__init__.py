"""What every page shows, as plain values: one frozen dataclass per template.

A view fills one and hands it over: ``render_template("storefront/cart.html",
page=page, frame=frame)``. The dataclass is the documentation of its template.
Only words, money, dates and addresses of other pages stand here; no page knows
a database, a request or a rule.
"""
