"""Shows the platform: HTTP routes, access tokens, live news and the page."""
