"""What is served over HTTP: the operator's pages. Asks services; of the database it holds the door only."""
