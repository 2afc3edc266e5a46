"""Facts from elsewhere that tests use; each file says where they come from."""
