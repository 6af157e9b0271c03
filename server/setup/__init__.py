"""What `make` does before there is anything to run: standard library only, by any Python >= 3.11."""
