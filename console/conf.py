"""The console's fixed quantities, in one place, each with its reason."""

PAGE_ROWS = 50
"""Workflows on a page: what fits a tall screen twice."""

STEP_ROWS = 200
"""Steps shown at a time; a workflow of 10,000 steps opens as fast as one of 200."""

CHILD_ROWS = 50
"""Child workflows listed on the page of their parent."""

EXECUTOR_ROWS = 30
"""Processes listed on the overview."""

FAILURE_ROWS = 10
"""Failed workflows listed on the overview."""

COUNT_LIMIT = 10_000
"""No count reads more rows than this; beyond it the page says "10,000+"."""

NEW_LIMIT = 100
"""The announcement of new workflows counts no further."""

SEARCH_DEPTH = 100_000
"""Text is searched for among this many of the newest workflows."""

SEARCH_LENGTH = 255
"""The longest text to search for: no id or name is longer."""

PAYLOAD_CHARACTERS = 65_536
"""What is read and shown of an input or output."""

ERROR_CHARACTERS = 524_288
"""What is read of an error; the engine cuts messages and tracebacks shorter."""

POLL_SECONDS = 0.5
"""How often a watcher asks the database when nothing notifies it."""

RECHECK_SECONDS = 20.0
"""How often an open socket proves again who it belongs to (at most 30)."""

SLOTS_PER_PAGE = 300
"""Rows that one page may watch."""

MESSAGE_BYTES = 256 * 1024
"""The longest message taken from a socket: 300 rows with the longest ids."""

MESSAGES_PER_WINDOW = 30
"""Messages taken from a socket within `WINDOW_SECONDS`."""

WINDOW_SECONDS = 10.0
