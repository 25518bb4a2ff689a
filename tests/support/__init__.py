"""What the tests stand on: databases, servers, projects and programs."""
