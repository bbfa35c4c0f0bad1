-- What objects are located by besides their columns. Objects that have nothing of it have no rows in the index.
ALTER TABLE objects ADD COLUMN terms TEXT NOT NULL DEFAULT '';

CREATE TABLE object_terms (
  term TEXT NOT NULL,
  created INTEGER NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (term, created, id)
) STRICT, WITHOUT ROWID;

-- The HMACs of rows that are there already are over no terms: their index rows alone are made.
INSERT INTO object_terms (term, created, id)
  SELECT json_array('digest', json_extract(attributes, '$.publicKeyDigest')), created, id FROM objects
  WHERE json_extract(attributes, '$.publicKeyDigest') IS NOT NULL;
INSERT INTO object_terms (term, created, id)
  SELECT json_array('link', link.key, link.value), created, objects.id
  FROM objects, json_each(attributes, '$.links') AS link WHERE json_extract(attributes, '$.links') IS NOT NULL;

CREATE TRIGGER objects_inserted AFTER INSERT ON objects WHEN new.terms <> '' BEGIN
  INSERT INTO object_terms (term, created, id)
    SELECT term.value, new.created, new.id FROM json_each(new.terms) AS term;
END;

CREATE TRIGGER objects_updated AFTER UPDATE OF terms ON objects WHEN new.terms <> old.terms BEGIN
  DELETE FROM object_terms WHERE (term, created, id) IN
    (SELECT term.value, old.created, old.id FROM json_each(iif(old.terms = '', '[]', old.terms)) AS term);
  INSERT OR IGNORE INTO object_terms (term, created, id)
    SELECT term.value, new.created, new.id FROM json_each(iif(new.terms = '', '[]', new.terms)) AS term;
END;
