"""What people see in a browser: the hosted connection pages. Server-rendered, complete without script."""
