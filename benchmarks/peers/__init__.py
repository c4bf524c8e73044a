"""Other people's software for the same work, measured beside ours on the same servers."""
