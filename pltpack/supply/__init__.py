"""What a lock file tells others: bills of materials, tables, files for other builders, advisories, differences."""
