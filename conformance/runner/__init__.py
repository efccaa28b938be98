"""What `conformance/run` is made of. Python's standard library only: there is nothing to install before it runs."""
