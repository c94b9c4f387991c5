-- SPDX-License-Identifier: MIT
--
-- Module metadata; what a module does is a file named after its number. The built-in ones, 1001 to
-- 1007, come from modules/seed.json; the counter stands so that the next one is 1008, whether or not
-- they are there yet. A number is never given twice, or a new module would inherit an old one's file.

CREATE TABLE module (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  caption TEXT NOT NULL,
  caption_en TEXT NOT NULL,
  form TEXT NOT NULL,
  form_en TEXT NOT NULL,
  risk TEXT NOT NULL,
  platform TEXT NOT NULL,
  timeout_s INTEGER NOT NULL CHECK (timeout_s >= 0),
  concurrency INTEGER NOT NULL CHECK (concurrency >= 0)
);

INSERT INTO sqlite_sequence (name, seq) VALUES ('module', 1007);
