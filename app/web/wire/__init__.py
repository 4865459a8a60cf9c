"""What programs send and are sent: the models that check a request are the ones that document it."""
