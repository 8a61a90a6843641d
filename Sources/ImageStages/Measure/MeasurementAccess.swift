import ImageMeasurement
import PipelineCore
import Synchronization

/// A stage's way to the measurements of images: each project's database is opened once and shared by all units, since
/// opening it would cost each of 100,000 units more than its work.
final class MeasurementAccess: Sendable {
  private struct Key: Hashable {
    var workspace: String
    var project: String
  }
  private let opened = Mutex<[Key: MeasurementDatabase]>([:])
  private let open: @Sendable (_ workspace: String, _ project: String) throws -> MeasurementDatabase?

  private init(_ open: @escaping @Sendable (String, String) throws -> MeasurementDatabase?) {
    self.open = open
  }

  /// To read what is there.
  static func reading() -> MeasurementAccess {
    MeasurementAccess { try MeasurementDatabase.openForReading(workspace: $0, project: $1) }
  }

  /// To record, too: makes what is not there.
  static func recording() -> MeasurementAccess {
    MeasurementAccess { try MeasurementDatabase(workspace: $0, project: $1) }
  }

  /// A project's database; `nil` when there is none to read yet.
  func database(workspace: String, project: String) throws -> MeasurementDatabase? {
    try opened.withLock { opened in
      let key = Key(workspace: workspace, project: project)
      if let database = opened[key] { return database }
      let database = try open(workspace, project)
      opened[key] = database
      return database
    }
  }
}
