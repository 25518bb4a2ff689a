"""The console's pages. Views read the request, ask and render: they decide nothing."""
