"""What a search means to the user: the verdict, as a page of text and as a JSON object."""
