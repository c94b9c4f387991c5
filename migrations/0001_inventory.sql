-- SPDX-License-Identifier: MIT
--
-- Settings and the inventory: category -> application -> host. Numbers are never given twice
-- (AUTOINCREMENT), since pages, scripts and the journal remember them.

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE category (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE app (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  category_id INTEGER NOT NULL REFERENCES category (id),
  name TEXT NOT NULL,
  UNIQUE (category_id, name)
);
CREATE INDEX app_by_name ON app (name);

-- Empty text means "the default". jump and credential are names, so that an import may name what
-- comes later in the same file; inventory.h checks them at the end.
CREATE TABLE host (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  address TEXT NOT NULL,
  port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  login TEXT NOT NULL,
  credential TEXT NOT NULL,
  platform TEXT NOT NULL,
  os TEXT NOT NULL,
  address_public TEXT NOT NULL,
  jump TEXT NOT NULL,
  become TEXT NOT NULL,
  encoding TEXT NOT NULL,
  host_key_alias TEXT NOT NULL,
  minion_id TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX host_by_jump ON host (jump) WHERE jump <> '';

CREATE TABLE host_app (
  host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
  app_id INTEGER NOT NULL REFERENCES app (id),
  PRIMARY KEY (host_id, app_id)
) WITHOUT ROWID;
CREATE INDEX host_app_by_app ON host_app (app_id, host_id);

CREATE TABLE host_tag (
  host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (host_id, tag)
) WITHOUT ROWID;
CREATE INDEX host_tag_by_tag ON host_tag (tag, host_id);

-- How the newest run ended for each host. Kept by the journal beside the target rows: reading it from
-- those would cost the host list a look-up in every past run.
CREATE TABLE host_last (
  host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  at_ms INTEGER NOT NULL
);

INSERT INTO category (id, name) VALUES
  (1, 'Linux.Lbalancing'),
  (2, 'Linux.Sysadmin'),
  (3, 'Linux.Backup'),
  (4, 'Linux.Ice'),
  (5, 'Linux.Logs'),
  (6, 'Linux.Hadoop'),
  (7, 'Linux.Cache'),
  (8, 'Linux.Memcached'),
  (9, 'Linux.Mysql'),
  (10, 'Linux.Proxy'),
  (11, 'Linux.Web'),
  (12, 'Windows.Mssql'),
  (13, 'Windows.Web');

INSERT INTO app (id, category_id, name) VALUES
  (1, 11, 'www.domain.com'),
  (2, 11, 'bbs.domain.com');
