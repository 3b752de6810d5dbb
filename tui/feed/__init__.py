"""Where pictures come from: threads that ask the sandbox and only post messages. Nothing here draws."""
