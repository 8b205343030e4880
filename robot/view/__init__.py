"""A live view of a running robot in the browser, for those who develop on it. `anban view`."""
