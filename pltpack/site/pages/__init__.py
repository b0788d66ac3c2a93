"""What people and programs read of a site besides the catalog: pages, JSON, the feed."""
