"""Getting an order to the customer: shipments, tracking, delivery."""
