"""Products out of CSV files: this shop's own, WooCommerce's and Shopify's.

Reading knows no database: a file becomes drafts and problems with line numbers.
"""
