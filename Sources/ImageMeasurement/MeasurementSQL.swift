/// The table of a measurement database, `data/schema/image_measurements_v1.sql`.
public enum MeasurementSQL {
  /// `PRAGMA user_version` of the present table.
  static let version = 1

  /// The columns in their order.
  static let columns = [
    "digest", "width", "height", "sharpness", "exposure", "contrast", "entropy", "colourfulness",
    "clipped_shadows", "clipped_highlights", "attention_x", "attention_y", "perceptual_hash", "version",
    "prompt",
  ]

  /// Statements that make an empty database; the file of the same content is for readers and other tools.
  public static let text = """
    -- What was measured of a project's images: data/training/image_measurements/PROJECT.db, version 1.
    -- One row for each content, whatever files have or had it. A row follows from the image's bytes alone and stays when
    -- the image is gone. How each figure is computed is in Sources/ImageFiles/Reduced/ImageFeatures.swift: from the
    -- displayed image (EXIF orientation applied) shrunk to at most 512 pixels on its longest side.

    CREATE TABLE image_measurements (
      -- SHA-256 of the image file's content, 64 lower-case hexadecimal digits.
      digest TEXT PRIMARY KEY NOT NULL CONSTRAINT digest_is_sha256
        CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
      -- The full image as displayed, in pixels.
      width INTEGER NOT NULL CHECK (width > 0),
      height INTEGER NOT NULL CHECK (height > 0),
      -- The variance of the Laplacian of luma (0 to 255).
      sharpness REAL NOT NULL CHECK (sharpness BETWEEN 0 AND 1040400),
      -- The mean of luma, 0 (black) to 1 (white).
      exposure REAL NOT NULL CHECK (exposure BETWEEN 0 AND 1),
      -- The standard deviation of luma, in the unit of exposure.
      contrast REAL NOT NULL CHECK (contrast BETWEEN 0 AND 0.5),
      -- The entropy of the histogram of luma, in bits.
      entropy REAL NOT NULL CHECK (entropy BETWEEN 0 AND 8),
      -- 0 for grey, above 100 for garish.
      colourfulness REAL NOT NULL CHECK (colourfulness BETWEEN 0 AND 1000),
      -- The share of pixels that are black, and white, within 2 of 255.
      clipped_shadows REAL NOT NULL CHECK (clipped_shadows BETWEEN 0 AND 1),
      clipped_highlights REAL NOT NULL CHECK (clipped_highlights BETWEEN 0 AND 1),
      -- The point that draws the eye, as fractions from the left and from the top.
      attention_x REAL NOT NULL CHECK (attention_x BETWEEN 0 AND 1),
      attention_y REAL NOT NULL CHECK (attention_y BETWEEN 0 AND 1),
      -- dHash, 16 lower-case hexadecimal digits: similar images differ in few bits.
      perceptual_hash TEXT NOT NULL CONSTRAINT hash_has_64_bits
        CHECK (length(perceptual_hash) = 16 AND perceptual_hash NOT GLOB '*[^0-9a-f]*'),
      -- The way of measuring; a row of an earlier one is replaced when the image is measured again.
      version INTEGER NOT NULL CHECK (version >= 1),
      -- What the image was generated from, as the text `parameters` of its file says; NULL where it does not.
      prompt TEXT CHECK (prompt IS NULL OR length(prompt) > 0)
    ) STRICT, WITHOUT ROWID;

    PRAGMA user_version = 1;

    """
}
