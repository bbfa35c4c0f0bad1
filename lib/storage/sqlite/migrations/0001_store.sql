-- 'Mort': tells our file from another application's.
PRAGMA application_id = 0x4d6f7274;

CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE objects (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  domain TEXT NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL,
  purpose TEXT NOT NULL,
  owner TEXT NOT NULL,
  name TEXT,
  family TEXT NOT NULL,
  serial INTEGER NOT NULL,
  algorithm TEXT NOT NULL,
  length INTEGER NOT NULL,
  usage INTEGER NOT NULL,
  created INTEGER NOT NULL,
  provider TEXT NOT NULL,
  attributes TEXT NOT NULL,
  material BLOB,
  mac BLOB NOT NULL,
  CHECK (id = family OR serial > 1)
) STRICT;

-- A creation touches few pages that later ones do not touch as well: each index over random values costs one. So the
-- first of a family is found by its id, and a name among the living or among the destroyed.
CREATE UNIQUE INDEX objects_id ON objects (id);
CREATE UNIQUE INDEX objects_family ON objects (family, serial) WHERE serial > 1;
CREATE UNIQUE INDEX objects_named ON objects (domain, name)
  WHERE name IS NOT NULL AND state NOT IN ('Destroyed', 'DestroyedCompromised');
CREATE INDEX objects_destroyed ON objects (domain, name)
  WHERE name IS NOT NULL AND state IN ('Destroyed', 'DestroyedCompromised');
-- Locate reads one of these in order. The first also carries what is filtered by, so that rows that do not match are
-- passed over without being read.
CREATE INDEX objects_created ON objects (domain, purpose, created, id, type, state, algorithm, length);
CREATE INDEX objects_owner ON objects (owner, domain, purpose, created, id);

CREATE TABLE grants (
  object TEXT NOT NULL REFERENCES objects (id),
  grantee_kind TEXT NOT NULL,
  grantee TEXT NOT NULL,
  version INTEGER NOT NULL,
  permissions TEXT NOT NULL,
  mac BLOB NOT NULL,
  PRIMARY KEY (object, grantee_kind, grantee)
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_grantee ON grants (grantee_kind, grantee, object);

CREATE TABLE records (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  expires INTEGER,
  fields TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX records_expires ON records (expires) WHERE expires IS NOT NULL;

CREATE TABLE record_index (
  namespace TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (namespace, field, value, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER records_inserted AFTER INSERT ON records WHEN new.fields <> '{}' BEGIN
  INSERT INTO record_index (namespace, field, value, key)
    SELECT new.namespace, field.key, field.value, new.key FROM json_each(new.fields) AS field;
END;

CREATE TRIGGER records_updated AFTER UPDATE ON records WHEN new.fields <> old.fields BEGIN
  DELETE FROM record_index WHERE (namespace, field, value, key) IN
    (SELECT old.namespace, field.key, field.value, old.key FROM json_each(old.fields) AS field);
  INSERT INTO record_index (namespace, field, value, key)
    SELECT new.namespace, field.key, field.value, new.key FROM json_each(new.fields) AS field;
END;

CREATE TRIGGER records_deleted AFTER DELETE ON records WHEN old.fields <> '{}' BEGIN
  DELETE FROM record_index WHERE (namespace, field, value, key) IN
    (SELECT old.namespace, field.key, field.value, old.key FROM json_each(old.fields) AS field);
END;

-- The newest row is never dropped, so that the sequence rises without AUTOINCREMENT and its cost.
CREATE TABLE changes (
  sequence INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;

CREATE TABLE chains (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit (
  position INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL REFERENCES chains (number),
  sequence INTEGER NOT NULL,
  record BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_chain ON audit (chain, sequence);
