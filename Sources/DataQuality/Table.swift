/// A table that is checked: its name in the expectations, and the files with its rows.
public struct Table: Sendable, Equatable {
  /// One file of a table.
  public struct File: Sendable, Equatable {
    /// Absolute, or relative to the process's folder. A name that ends in `.csv` is read as RFC 4180 CSV with a header,
    /// any other as JSON lines.
    public let path: String
    /// How results name the file; the same on every machine.
    public let place: String

    public init(path: String, place: String) {
      self.path = path
      self.place = place
    }

    var isCSV: Bool { path.utf8.count > 4 && path.suffix(4).lowercased() == ".csv" }
  }

  public let name: String
  /// In the order in which they are read: of two rows with the same key, the later one is the violation.
  public let files: [File]

  public init(name: String, files: [File]) {
    self.name = name
    self.files = files
  }
}
