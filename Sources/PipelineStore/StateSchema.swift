import GRDB
import PipelineCore

/// The tables of the state database, as migrations that never change once released.
///
/// `Documents/state-database.md` describes every column. The database's `user_version` counts the migrations, so
/// that any SQLite tool can see which version it has in hand.
enum StateSchema {
  /// Marks the file as a Darkroom state database (`PRAGMA application_id`): "DKRM".
  static let applicationID: Int32 = 0x444B_524D

  /// Each entry is one migration; the count is the schema's version. Append, never edit.
  static let migrations = [first]

  private static let first = """
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      generation INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state (id, generation) VALUES (1, 0);

    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      pipeline TEXT NOT NULL,
      definition BLOB NOT NULL CHECK (length(definition) = 32),
      parameters TEXT NOT NULL CHECK (json_valid(parameters)),
      selection TEXT NOT NULL CHECK (json_valid(selection)),
      state TEXT NOT NULL CHECK (state IN ('running','succeeded','failed','interrupted','stopped')),
      main_state TEXT CHECK (main_state IN ('succeeded','failed','stopped')),
      did_work INTEGER NOT NULL DEFAULT 0 CHECK (did_work IN (0, 1)),
      started_at INTEGER NOT NULL,
      main_ended_at INTEGER,
      ended_at INTEGER,
      CHECK (ended_at IS NULL OR state NOT IN ('running','interrupted'))
    ) STRICT;

    CREATE TABLE stage_runs (
      run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      position INTEGER NOT NULL CHECK (position >= 0),
      record TEXT NOT NULL CHECK (json_valid(record)),
      PRIMARY KEY (run, stage)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE attempts (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      unit TEXT NOT NULL,
      attempt INTEGER NOT NULL CHECK (attempt >= 1),
      state TEXT NOT NULL CHECK (state IN ('done','failed','tainted','timed-out','stopped')),
      started_at INTEGER NOT NULL,
      duration INTEGER NOT NULL CHECK (duration >= 0),
      verdict TEXT NOT NULL CHECK (json_valid(verdict)),
      findings TEXT NOT NULL CHECK (json_valid(findings)),
      log_file TEXT,
      UNIQUE (run, stage, unit, attempt)
    ) STRICT;

    CREATE TABLE checkpoints (
      id INTEGER PRIMARY KEY,
      pipeline TEXT NOT NULL,
      stage TEXT NOT NULL,
      unit TEXT NOT NULL,
      fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
      components TEXT NOT NULL CHECK (json_valid(components)),
      counters TEXT NOT NULL CHECK (json_valid(counters)),
      artifact TEXT,
      run INTEGER NOT NULL REFERENCES runs(id),
      ended_by INTEGER REFERENCES runs(id),
      CHECK (ended_by IS NULL OR ended_by >= run)
    ) STRICT;
    CREATE UNIQUE INDEX current_checkpoint ON checkpoints (pipeline, stage, unit) WHERE ended_by IS NULL;
    CREATE INDEX current_artifact ON checkpoints (artifact) WHERE ended_by IS NULL;
    CREATE INDEX checkpoint_history ON checkpoints (pipeline, stage, unit, run);

    CREATE TABLE outputs (
      checkpoint INTEGER NOT NULL REFERENCES checkpoints(id) ON DELETE CASCADE,
      position INTEGER NOT NULL CHECK (position >= 0),
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      bytes INTEGER NOT NULL CHECK (bytes >= 0),
      rows INTEGER CHECK (rows >= 0),
      PRIMARY KEY (checkpoint, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE digests (
      path TEXT PRIMARY KEY,
      device INTEGER NOT NULL,
      inode INTEGER NOT NULL,
      size INTEGER NOT NULL CHECK (size >= 0),
      modified INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      observed_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
