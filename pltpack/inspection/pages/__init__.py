"""Pages about archives for the browser, each whole in itself: they load nothing from elsewhere."""
