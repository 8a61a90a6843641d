/// The tables of a decision database, `data/schema/ai_decisions_v4.sql`.
public enum DecisionSQL {
  /// `PRAGMA user_version` of the present tables.
  static let version = 4

  /// The columns that versions 3 and 4 share, in their order.
  static let olderColumns = [
    "group_id", "timestamp", "project_id", "directory", "batch_number", "images", "ai_selected_index",
    "ai_crop_coords", "ai_confidence", "user_selected_index", "user_action", "ai_crop_accepted",
    "final_crop_coords", "crop_timestamp", "image_width", "image_height", "selection_match", "crop_match",
  ]
  /// What version 4 adds.
  static let addedColumns = [
    "image_digests", "recommender", "recommender_version", "model_digest", "actor", "shown_at", "decided_at",
    "blind", "decision_id", "schema_version",
  ]

  /// Statements that make an empty database; the file of the same content is for readers and other tools.
  public static let text = """
    -- Decisions of one project: data/training/ai_training_decisions/PROJECT.db, version 4.
    -- One row for each group that was decided, written once. The names and meanings of version 3 are kept.
    -- Rectangles are JSON arrays [x1, y1, x2, y2] of fractions of the displayed image, 0 <= x1 < x2 <= 1.
    -- Times are RFC 3339 in UTC. Truth values are 0 and 1.

    CREATE TABLE ai_decisions (
      -- The group's stable id; rows of older tools have ids of their own.
      group_id TEXT PRIMARY KEY NOT NULL CHECK (length(group_id) > 0),
      -- When it was decided; as older tools wrote it in rows of version 3 (without an offset: UTC).
      timestamp TEXT NOT NULL CHECK (timestamp GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ]*'),
      project_id TEXT NOT NULL CHECK (length(project_id) > 0),
      -- The group's folder when it was decided, relative to the project's root.
      directory TEXT,
      batch_number INTEGER CHECK (batch_number IS NULL OR typeof(batch_number) = 'integer'),
      -- JSON array with the names of the images as they were shown.
      images TEXT NOT NULL,
      -- Which of the images the recommender picked, from 0; NULL without a recommendation.
      ai_selected_index INTEGER,
      -- The crop it recommended; NULL without one.
      ai_crop_coords TEXT,
      ai_confidence REAL CONSTRAINT ai_confidence_range CHECK (
        ai_confidence IS NULL OR typeof(ai_confidence) = 'real' AND ai_confidence BETWEEN 0 AND 1),
      -- Which image was picked, from 0; NULL when none was (reject, skip).
      user_selected_index INTEGER,
      -- approve: as it is, or with the recommended crop (ai_crop_accepted = 1); crop: a person draws the crop.
      user_action TEXT NOT NULL CONSTRAINT known_action CHECK (user_action IN ('approve', 'crop', 'reject', 'skip')),
      -- Whether the recommended crop was taken; NULL without one, and where no image was picked.
      ai_crop_accepted INTEGER CHECK (ai_crop_accepted IS NULL OR ai_crop_accepted IN (0, 1)),
      -- The crop that was made, and when; NULL until then.
      final_crop_coords TEXT,
      crop_timestamp TEXT,
      -- Of the picked image as it is displayed, in pixels; NULL where it is not known.
      image_width INTEGER CHECK (image_width IS NULL OR typeof(image_width) = 'integer' AND image_width > 0),
      image_height INTEGER CHECK (image_height IS NULL OR typeof(image_height) = 'integer' AND image_height > 0),
      -- Whether both picked the same image; NULL without a recommendation and for skip.
      selection_match INTEGER,
      -- Whether they picked the same image and no coordinate differs by more than 0.05; NULL without both crops.
      crop_match INTEGER,

      -- Added in version 4.
      -- JSON array with the SHA-256 of each image's content, in the order of images.
      image_digests TEXT,
      recommender TEXT,
      recommender_version TEXT,
      model_digest TEXT,
      -- Who decided. A machine's decision is never a human label.
      actor TEXT NOT NULL CHECK (actor IN ('human', 'machine')),
      shown_at TEXT CHECK (shown_at IS NULL OR shown_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z'),
      decided_at TEXT NOT NULL CHECK (decided_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z'),
      -- Whether the recommendation was hidden; NULL where it is not known.
      blind INTEGER CHECK (blind IS NULL OR blind IN (0, 1)),
      -- The id of the inbox's line.
      decision_id TEXT UNIQUE,
      -- 3: taken over from the older system, which did not record all of this; 4: decided here.
      schema_version INTEGER NOT NULL DEFAULT 4 CHECK (schema_version IN (3, 4)),

      CONSTRAINT images_are_names CHECK (json_valid(images) AND json_type(images) = 'array'
        AND json_array_length(images) > 0),
      CONSTRAINT ai_index_in_images CHECK (ai_selected_index IS NULL OR typeof(ai_selected_index) = 'integer'
        AND ai_selected_index BETWEEN 0 AND json_array_length(images) - 1),
      CONSTRAINT user_index_in_images CHECK (user_selected_index IS NULL OR typeof(user_selected_index) = 'integer'
        AND user_selected_index BETWEEN 0 AND json_array_length(images) - 1),
      CONSTRAINT picked_unless_rejected CHECK (user_selected_index IS NOT NULL OR user_action IN ('reject', 'skip')),
      CONSTRAINT ai_crop_is_rectangle CHECK (ai_crop_coords IS NULL OR \(rectangle("ai_crop_coords"))),
      CONSTRAINT final_crop_is_rectangle CHECK (final_crop_coords IS NULL OR \(rectangle("final_crop_coords"))),
      CONSTRAINT digest_of_each_image CHECK (image_digests IS NULL OR json_valid(image_digests)
        AND json_array_length(image_digests) = json_array_length(images)),
      CONSTRAINT selection_match_as_defined CHECK (selection_match IS CASE
        WHEN ai_selected_index IS NULL OR user_action = 'skip' THEN NULL
        ELSE user_selected_index IS ai_selected_index END),
      CONSTRAINT crop_match_as_defined CHECK (crop_match IS CASE
        WHEN ai_crop_coords IS NULL OR final_crop_coords IS NULL THEN NULL
        ELSE user_selected_index IS ai_selected_index
          AND \(near(0)) AND \(near(1))
          AND \(near(2)) AND \(near(3)) END),
      -- What is decided here is complete.
      CONSTRAINT complete CHECK (schema_version = 3 OR (
        image_digests IS NOT NULL AND blind IS NOT NULL AND decision_id IS NOT NULL AND user_action <> 'skip'
        AND (ai_selected_index IS NULL) = (recommender IS NULL)
        AND (recommender IS NULL) = (recommender_version IS NULL)
        AND (recommender IS NOT NULL OR (ai_crop_coords IS NULL AND ai_confidence IS NULL AND model_digest IS NULL))
        AND (user_selected_index IS NULL) = (user_action = 'reject')
        AND (ai_crop_accepted IS NULL) = (ai_crop_coords IS NULL OR user_action = 'reject')
        AND (final_crop_coords IS NULL) = (crop_timestamp IS NULL)
        AND (final_crop_coords IS NULL OR user_action = 'crop' OR ai_crop_accepted IS 1)))
    );

    -- How good the recommendations were, by people's decisions. Accuracies are shares of 1, NULL where none was judged.
    CREATE VIEW ai_performance AS
    SELECT project_id,
      count(*) AS total_decisions,
      count(selection_match) AS judged_selections,
      coalesce(sum(selection_match), 0) AS correct_selections,
      count(crop_match) AS judged_crops,
      coalesce(sum(crop_match), 0) AS correct_crops,
      avg(selection_match) AS selection_accuracy,
      avg(crop_match) AS crop_accuracy
    FROM ai_decisions WHERE actor = 'human' AND user_action <> 'skip' GROUP BY project_id;

    -- Crops that were decided and not made yet.
    CREATE VIEW incomplete_crops AS
    SELECT * FROM ai_decisions
    WHERE final_crop_coords IS NULL AND (user_action = 'crop' OR ai_crop_accepted = 1);

    -- Where people decided otherwise than the recommender.
    CREATE VIEW ai_mistakes AS
    SELECT * FROM ai_decisions WHERE actor = 'human' AND (selection_match = 0 OR crop_match = 0);

    -- What was changed when a database of version 3 was taken over: nothing else was.
    CREATE TABLE migration_notes (
      id INTEGER PRIMARY KEY,
      group_id TEXT,
      column_name TEXT NOT NULL,
      old_value,
      new_value,
      reason TEXT NOT NULL
    );

    -- Rows of version 3 that the constraints above do not admit, verbatim.
    CREATE TABLE quarantined_rows (
      id INTEGER PRIMARY KEY,
      -- The constraint that it breaks, or what else is wrong.
      reason TEXT NOT NULL,
      -- The row's number in the older table, from 1.
      position INTEGER NOT NULL,
      \(olderColumns.joined(separator: ",\n  "))
    );

    \(olderCrops)
    PRAGMA user_version = \(version);

    """

  /// The statement that makes the table of older crops; early databases of version 4 lack it.
  static let olderCrops = """
    -- Every crop that the older system's logs say was made, one row each: also those of an image that was cropped again,
    -- of which ai_decisions holds one only. Import writes them, nobody changes them.
    CREATE TABLE older_crops (
      -- SHA-256 over project, group, image, time and rectangle, in hexadecimal digits.
      crop_id TEXT PRIMARY KEY NOT NULL CHECK (length(crop_id) = 64 AND crop_id NOT GLOB '*[^0-9a-f]*'),
      group_id TEXT NOT NULL CHECK (length(group_id) > 0),
      -- The name of the image that was cropped.
      image TEXT NOT NULL CHECK (length(image) > 0 AND instr(image, '/') = 0),
      crop_coords TEXT NOT NULL,
      crop_timestamp TEXT NOT NULL CHECK (crop_timestamp GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*Z'),
      -- Of the image as it is displayed, in pixels; NULL where the log does not know it.
      image_width INTEGER CHECK (image_width IS NULL OR typeof(image_width) = 'integer' AND image_width > 0),
      image_height INTEGER CHECK (image_height IS NULL OR typeof(image_height) = 'integer' AND image_height > 0),
      -- The log's session_id; NULL where it has none.
      session TEXT,
      -- Which crop of the group it is in the order of time, from 0; crops of one moment in the order of crop_id.
      occurrence INTEGER NOT NULL CHECK (typeof(occurrence) = 'integer' AND occurrence >= 0),
      CONSTRAINT one_crop_of_each_number UNIQUE (group_id, occurrence),
      CONSTRAINT crop_is_rectangle CHECK (\(rectangle("crop_coords")))
    );

    """

  /// An expression that is 1 for a column that holds a rectangle, else 0.
  private static func rectangle(_ column: String) -> String {
    func at(_ index: Int) -> String { "json_extract(\(column), '$[\(index)]')" }
    return """
      coalesce(json_valid(\(column)) AND json_array_length(\(column)) = 4
          AND 0 <= \(at(0)) AND \(at(0)) < \(at(2)) AND \(at(2)) <= 1
          AND 0 <= \(at(1)) AND \(at(1)) < \(at(3)) AND \(at(3)) <= 1, 0)
      """
  }

  /// Whether a coordinate of both crops is the same but for the tolerance, which is 0.05 and the rounding of decimals.
  private static func near(_ index: Int) -> String {
    "abs(json_extract(ai_crop_coords, '$[\(index)]') - json_extract(final_crop_coords, '$[\(index)]')) <= 0.05 + 1e-9"
  }
}
