public import OperationLog
public import PipelineCore

/// Reads the binary rows of one UTC day from the absolute path of an artifact file.
public typealias DayEventsReader = @Sendable (_ path: String, _ day: Day) throws -> DayEvents

/// Where the analytics find the events of a day: the rows that `logs.merge` keeps for each UTC day.
public enum DayRows {
  /// The kind of the stage that makes them.
  public static let stageKind = "logs.merge"
  /// The artifact file's name.
  public static let fileName = "internal/rows"

  /// The reader that the stages use outside tests.
  public static let read: DayEventsReader = { path, _ in try DayEvents.read(path) }
}

/// The days that an upstream stage has committed, ascending, each with one of its files.
struct CommittedDays {
  let days: [(day: Day, file: OutputFile)]

  /// Finds the stage of `kind` among the stages in `needs`, and the file `name` of each of its day units.
  init(_ context: ExpansionContext, kind: String, file name: String, neededBy dependent: String) throws {
    guard let upstream = context.upstream.first(where: { $0.kind == kind }) else {
      throw Diagnostics([
        Diagnostic(
          code: "missing-upstream", "a \(dependent) stage needs a \(kind) stage and has none in its needs",
          help: "add the id of the \(kind) stage to its needs")
      ])
    }
    var days: [(day: Day, file: OutputFile)] = []
    for unit in try upstream.units() {
      guard let day = Day(unit.key.rawValue) else { continue }
      // A day unit without the file has nothing to read: a day with no events.
      guard let file = unit.outputs.first(where: { $0.name == name }) else { continue }
      days.append((day, file))
    }
    self.days = days.sorted { $0.day < $1.day }
  }

  /// The days as a text for the order of a whole-stage unit, in the order of its inputs.
  var list: String { days.map(\.day.description).joined(separator: ",") }

  var inputs: [InputReference] { days.map { InputReference(path: $0.file.path, digest: $0.file.digest) } }

  /// Pairs the days of ``list`` with the inputs of an order.
  static func pairs(_ order: UnitOrder, inputs: [InputReference]) throws -> [(
    day: Day, input: InputReference
  )] {
    let days = (order.values["days"] ?? "").split(separator: ",").compactMap { Day($0) }
    guard days.count == inputs.count else {
      throw Diagnostic(
        code: "order-mismatch",
        "the order of \(order.unit) lists \(days.count) days and \(inputs.count) day files; nothing was made",
        help: "give the same command again; if it stays, report it as a defect")
    }
    return Array(zip(days, inputs)).map { (day: $0.0, input: $0.1) }
  }
}
