"""What people at the shelf do: movements drawn and posted, goods found, orders got ready."""
