public import PipelineCore

/// The value of one column in one row of a dataset.
public enum Cell: Sendable, Equatable {
  case null
  case text(String)
  case integer(Int)
  case number(Double)
  case truth(Bool)
  case texts([String])
  case numbers([Double])
  case integers([Int])

  /// As JSON; numbers that are none (not a number, infinite) are null.
  public var json: JSONValue {
    switch self {
    case .null: .null
    case .text(let text): .string(text)
    case .integer(let number): .integer(Int64(number))
    case .number(let number): .number(number)
    case .truth(let truth): .bool(truth)
    case .texts(let texts): .array(texts.map(JSONValue.string))
    case .numbers(let numbers): .array(numbers.map(JSONValue.number))
    case .integers(let numbers): .array(numbers.map { .integer(Int64($0)) })
    }
  }
}

/// A column of a dataset's file: what every row says, absent values as null.
public struct Column: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case text, integer, number, truth, texts, numbers, integers
  }

  /// The member's name in JSON, the header's in CSV.
  public let name: String
  public let kind: Kind
  /// Whether a row may have null there.
  public let isOptional: Bool
  /// What it says, with units and ranges; for the documentation.
  public let meaning: String

  init(_ name: String, _ kind: Kind, optional: Bool = false, _ meaning: String) {
    self.name = name
    self.kind = kind
    isOptional = optional
    self.meaning = meaning
  }
}

/// A row of one of a dataset's files, written as a line of canonical JSON with all columns.
public protocol TrainingRow: Sendable, Equatable {
  /// The file's name without extension, such as `selections`.
  static var table: String { get }
  /// In the order of the bytes of their names.
  static var columns: [Column] { get }
  /// The values of ``columns``, in their order.
  var cells: [Cell] { get }
  /// - Throws: `Diagnostic` `training-row` naming the column that is missing or of another kind.
  init(_ cells: RowCells) throws
}

extension TrainingRow {
  /// The name of the file with these rows.
  public static var fileName: String { "\(table).jsonl" }

  /// Appends the row as one line of canonical JSON, with its end.
  public func append(to line: inout String) {
    var separator = "{"
    for (column, cell) in zip(Self.columns, cells) {
      line += separator
      separator = ","
      line += "\""
      line += column.name
      line += "\":"
      line += cell.json.canonical
    }
    line += "}\n"
  }
}

/// The values of one row by the names of their columns, while it is read.
public struct RowCells: Sendable {
  private let members: [String: JSONValue]
  private let table: String

  /// - Parameter members: of the row's JSON object.
  public init(_ members: [String: JSONValue], table: String) {
    self.members = members
    self.table = table
  }

  private func failure(_ column: String, _ wanted: String) -> Diagnostic {
    let found = members[column].map { "is \($0.typeName)" } ?? "is missing"
    return Diagnostic(
      code: "training-row", "\(column) of a row of \(table) \(found), not \(wanted)",
      help: "run `training.join` again: something else wrote or changed the dataset")
  }

  private func present(_ column: String) -> JSONValue? {
    guard let value = members[column], value != .null else { return nil }
    return value
  }

  private func read<Value>(
    _ column: String, _ wanted: String, _ make: (JSONValue) -> Value?
  ) throws(Diagnostic) -> Value? {
    guard let value = present(column) else { return nil }
    guard let result = make(value) else { throw failure(column, wanted) }
    return result
  }

  private func required<Value>(_ column: String, _ wanted: String, _ value: Value?) throws(Diagnostic)
    -> Value
  {
    guard let value else { throw failure(column, wanted) }
    return value
  }

  func text(_ column: String) throws(Diagnostic) -> String {
    try required(column, "a text", try optionalText(column))
  }
  func optionalText(_ column: String) throws(Diagnostic) -> String? {
    try read(column, "a text") { $0.stringValue }
  }
  func optionalHash(_ column: String) throws(Diagnostic) -> UInt64? {
    try read(column, "16 hexadecimal digits") { value in
      value.stringValue.flatMap { $0.utf8.count == 16 ? UInt64($0, radix: 16) : nil }
    }
  }
  func integer(_ column: String) throws(Diagnostic) -> Int {
    try required(column, "a whole number", try optionalInteger(column))
  }
  func optionalInteger(_ column: String) throws(Diagnostic) -> Int? {
    try read(column, "a whole number") { $0.integerValue.flatMap { Int(exactly: $0) } }
  }
  func optionalNumber(_ column: String) throws(Diagnostic) -> Double? {
    try read(column, "a number") { $0.doubleValue }
  }
  func number(_ column: String) throws(Diagnostic) -> Double {
    try required(column, "a number", try optionalNumber(column))
  }
  func truth(_ column: String) throws(Diagnostic) -> Bool {
    try required(column, "true or false", try optionalTruth(column))
  }
  func optionalTruth(_ column: String) throws(Diagnostic) -> Bool? {
    try read(column, "true or false") { $0.boolValue }
  }
  func texts(_ column: String) throws(Diagnostic) -> [String] {
    try required(column, "an array of texts", try optionalTexts(column))
  }
  func optionalTexts(_ column: String) throws(Diagnostic) -> [String]? {
    try list(column, "an array of texts") { $0.stringValue }
  }
  func optionalIntegers(_ column: String) throws(Diagnostic) -> [Int]? {
    try list(column, "an array of whole numbers") { $0.integerValue.flatMap { Int(exactly: $0) } }
  }
  func optionalNumbers(_ column: String) throws(Diagnostic) -> [Double]? {
    try list(column, "an array of numbers") { $0.doubleValue }
  }

  private func list<Item>(
    _ column: String, _ wanted: String, _ make: (JSONValue) -> Item?
  ) throws(Diagnostic) -> [Item]? {
    try read(column, wanted) { value in
      guard let items = value.arrayValue else { return nil }
      let made = items.compactMap(make)
      return made.count == items.count ? made : nil
    }
  }

  /// A value of a fixed set of words.
  func word<Word: RawRepresentable & CaseIterable>(_ column: String) throws(Diagnostic) -> Word
  where Word.RawValue == String {
    guard let word = Word(rawValue: try text(column)) else {
      throw failure(column, "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return word
  }
}
