"""The JSON API: one resource a file, problems for errors, tokens or a session for doors.

Mounted below `api/` by `console.urls`; what it answers is in `docs/api.md`. Views read
the request, ask `console.queries` or act through `console.actions`, and shape answers.
"""
