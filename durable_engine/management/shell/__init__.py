"""What every command for operators shares.

A command is a *family* of *words* (`workflow` has `list`, `cancel`, …), one word a file
in the room of its family. The console's commands are built of the same parts.
"""
