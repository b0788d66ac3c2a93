"""What a lock becomes elsewhere: environments of projects, folders with all archives, layers of images."""
