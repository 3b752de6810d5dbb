"""What people and programs see of a running sandbox: frozen values that go over the control socket.

The daemon fills them, the command line prints them, the dashboard draws them. One module for each thing seen.
"""
