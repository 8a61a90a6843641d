/// The tables of the custody journal, as migrations that never change once released. The database's `user_version`
/// counts them.
enum JournalSchema {
  /// Marks the file as a custody journal (`PRAGMA application_id`): "DKRC".
  static let applicationID: Int32 = 0x444B_5243

  /// Each entry is one migration. Append, never edit.
  static let migrations = [first, acceptances, acceptanceOfSuccessor]

  private static let first = """
    -- Every file ever seen. `device` … `changed` are its status when it was last seen at its origin,
    -- `place_device` … `place_changed` when it was last seen where it is.
    CREATE TABLE files (
      id INTEGER PRIMARY KEY,
      project TEXT NOT NULL,
      origin TEXT NOT NULL CHECK (length(origin) > 0),
      generation INTEGER NOT NULL CHECK (generation >= 1),
      name TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('image','companion')),
      first_digest BLOB NOT NULL CHECK (length(first_digest) = 32),
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      device INTEGER NOT NULL,
      inode INTEGER NOT NULL,
      size INTEGER NOT NULL CHECK (size >= 0),
      modified INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      first_seen INTEGER NOT NULL,
      place_kind TEXT NOT NULL CHECK (place_kind IN ('project','trash','removed','missing')),
      place TEXT,
      place_device INTEGER NOT NULL,
      place_inode INTEGER NOT NULL,
      place_size INTEGER NOT NULL CHECK (place_size >= 0),
      place_modified INTEGER NOT NULL,
      place_changed INTEGER NOT NULL,
      UNIQUE (project, origin, generation),
      CHECK ((place IS NULL) = (place_kind IN ('removed','missing')))
    ) STRICT;
    -- No two files are at one place.
    CREATE UNIQUE INDEX file_at_place ON files (project, place) WHERE place_kind = 'project';
    CREATE INDEX file_by_name ON files (name);

    CREATE TABLE orders (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
      cause TEXT NOT NULL CHECK (cause IN ('review','crop','retire','trash')),
      project TEXT NOT NULL,
      root TEXT NOT NULL,
      group_id TEXT NOT NULL,
      decision TEXT NOT NULL,
      actor TEXT NOT NULL,
      operations TEXT NOT NULL CHECK (json_valid(operations)),
      state TEXT NOT NULL CHECK (state IN ('intended','done','undoing','undone')),
      run INTEGER,
      intended_at INTEGER NOT NULL,
      done_at INTEGER,
      undone_at INTEGER,
      CHECK ((done_at IS NULL) = (state = 'intended')),
      CHECK ((undone_at IS NULL) = (state <> 'undone'))
    ) STRICT;
    CREATE INDEX order_by_group ON orders (project, group_id);
    CREATE INDEX order_by_run ON orders (run) WHERE run IS NOT NULL;
    CREATE INDEX open_order ON orders (state) WHERE state IN ('intended','undoing');

    -- Carrying an order out, or undoing it: the intent, as it was before anything was done.
    CREATE TABLE passes (
      id INTEGER PRIMARY KEY,
      order_sequence INTEGER NOT NULL REFERENCES orders(sequence) ON DELETE CASCADE,
      direction TEXT NOT NULL CHECK (direction IN ('perform','undo')),
      state TEXT NOT NULL CHECK (state IN ('intended','prepared','done')),
      actor TEXT NOT NULL,
      run INTEGER,
      intended_at INTEGER NOT NULL,
      folders TEXT NOT NULL CHECK (json_valid(folders)),
      log_file TEXT NOT NULL,
      log_offset INTEGER NOT NULL CHECK (log_offset >= 0),
      log_lines TEXT NOT NULL CHECK (json_valid(log_lines)),
      UNIQUE (order_sequence, direction)
    ) STRICT;

    CREATE TABLE acts (
      pass INTEGER NOT NULL REFERENCES passes(id) ON DELETE CASCADE,
      position INTEGER NOT NULL CHECK (position >= 0),
      kind TEXT NOT NULL CHECK (kind IN ('rename','place','crossing','make','trash','restore','remove')),
      operation INTEGER NOT NULL CHECK (operation >= 0),
      step INTEGER NOT NULL CHECK (step >= 0),
      source TEXT,
      target TEXT,
      temporary TEXT,
      aside TEXT,
      info TEXT,
      bytes BLOB,
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      mark TEXT CHECK (mark IS NULL OR json_valid(mark)),
      made TEXT CHECK (made IS NULL OR json_valid(made)),
      file INTEGER REFERENCES files(id),
      PRIMARY KEY (pass, position),
      CHECK (source IS NOT NULL OR kind = 'make'),
      CHECK ((target IS NULL) = (kind = 'remove'))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX act_on_file ON acts (file) WHERE file IS NOT NULL;

    -- Folders that were missing before an order: they go whenever an undoing leaves them empty. A row stays when its
    -- folder goes, for another undoing may need the folder once more.
    CREATE TABLE made_folders (
      path TEXT PRIMARY KEY,
      order_sequence INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX folder_by_order ON made_folders (order_sequence);
    """

  private static let acceptances = """
    -- What a person said of files that are not where custody put them. Only ever appended to; of a file, the newest counts.
    -- `successor` is the file that was found with its content: from then on that one is it. `back`: it is where it was.
    -- `log_line` is NULL for what a scan saw and nobody said.
    CREATE TABLE acceptances (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
      file INTEGER NOT NULL REFERENCES files(id),
      kind TEXT NOT NULL CHECK (kind IN ('moved','lost','back')),
      successor INTEGER REFERENCES files(id),
      place TEXT NOT NULL CHECK (length(place) > 0),
      accepted_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('intended','done')),
      log_file TEXT,
      log_offset INTEGER CHECK (log_offset >= 0),
      log_line TEXT CHECK (log_line IS NULL OR json_valid(log_line)),
      CHECK ((successor IS NULL) = (kind <> 'moved')),
      CHECK ((log_file IS NULL) = (log_line IS NULL) AND (log_offset IS NULL) = (log_line IS NULL)),
      CHECK (successor IS NULL OR successor <> file)
    ) STRICT;
    CREATE INDEX acceptance_of_file ON acceptances (file, sequence);
    CREATE INDEX open_acceptance ON acceptances (state) WHERE state = 'intended';
    """

  /// Each of the files of a folder that was moved is asked for.
  private static let acceptanceOfSuccessor = """
    CREATE INDEX acceptance_of_successor ON acceptances (successor) WHERE successor IS NOT NULL;
    """
}
