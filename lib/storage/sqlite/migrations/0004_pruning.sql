-- Where a chain begins once its first records were pruned: the last of them, and its hash.
ALTER TABLE chains ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chains ADD COLUMN pruned_hash BLOB;
