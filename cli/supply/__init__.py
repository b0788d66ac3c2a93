"""Commands on what a lock file tells others: exports, audits, differences."""
