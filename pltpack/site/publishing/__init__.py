"""Publishing a site: to a folder or a bucket, signed."""
