/// What SQLite says of a row that `ai_decisions` does not admit, in words for people.
enum ConstraintWords {
  /// - Parameter message: SQLite's own, such as `CHECK constraint failed: known_action`.
  /// - Returns: the message itself for what is not known here.
  static func reason(_ message: String) -> String {
    guard let colon = message.firstIndex(of: ":") else {
      return message.isEmpty ? "it breaks a constraint" : message
    }
    let subject = message[message.index(after: colon)...].drop { $0 == " " }
    let column = subject.split(separator: ".").last.map(String.init) ?? ""
    switch message[..<colon] {
    case "CHECK constraint failed": return named[String(subject)] ?? message
    case "NOT NULL constraint failed": return "it has no \(column)"
    case "UNIQUE constraint failed": return "an earlier row has its \(column)"
    default: return message
    }
  }

  private static let named = [
    "known_action": "its user_action is none of approve, crop, reject and skip",
    "ai_confidence_range": "its ai_confidence is no number from 0 to 1",
    "images_are_names": "its images are no array of names",
    "ai_index_in_images": "its ai_selected_index is none of its images",
    "user_index_in_images": "its user_selected_index is none of its images",
    "picked_unless_rejected": "it picks no image, and is no reject or skip",
    "ai_crop_is_rectangle": "its ai_crop_coords are no rectangle",
    "final_crop_is_rectangle": "its final_crop_coords are no rectangle",
  ]
}
