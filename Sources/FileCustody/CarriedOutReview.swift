public import FileSystem
import GRDB
public import PipelineCore

/// What a review order did, or began to do, with the images of a group.
public struct CarriedOutReview: Sendable, Equatable {
  /// An image as it was moved.
  public struct Image: Sendable, Equatable {
    /// Where it was first seen, relative to the project's root.
    public var origin: RelativePath
    /// The content that was moved.
    public var digest: Digest
  }

  /// The group's id.
  public var group: String
  /// When the order was begun, in microseconds since 1970.
  public var intendedAt: Int64
  /// Whether all of it was taken back since.
  public var isUndone: Bool
  /// The group's images, in the order of their moves; at least one.
  public var images: [Image]
}

extension FileCustody {
  /// The review orders of a project, the newest first: which images each group had when its decision was carried out.
  /// Cheaper than their receipts, of which there may be a hundred thousand.
  public func carriedOutReviews(project: String) throws -> [CarriedOutReview] {
    try journal.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT sequence, group_id, orders.intended_at, orders.state = 'undone', origin, acts.digest FROM orders
          JOIN passes ON order_sequence = sequence AND direction = 'perform'
          JOIN acts ON pass = passes.id AND acts.kind IN ('rename','crossing')
          JOIN files ON files.id = acts.file AND files.kind = 'image'
          WHERE orders.project = ? AND cause = 'review'
          ORDER BY sequence DESC, position
          """, arguments: [project])
      var reviews: [CarriedOutReview] = []
      var last: Int64?
      while let row = try rows.next() {
        let sequence: Int64 = row[0]
        if sequence != last {
          reviews.append(
            CarriedOutReview(group: row[1], intendedAt: row[2], isUndone: row[3], images: []))
          last = sequence
        }
        let image = CarriedOutReview.Image(
          origin: RelativePath(row[4] as String), digest: try FileRow.digest(row, 5))
        reviews[reviews.count - 1].images.append(image)
      }
      return reviews
    }
  }
}
