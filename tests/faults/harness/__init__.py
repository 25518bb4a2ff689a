"""What the fault tests are made of: a hooked driver, a fork server, an oracle."""
