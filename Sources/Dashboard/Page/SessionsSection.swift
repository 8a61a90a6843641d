import PipelineCore

/// Sessions: how many a day, and the latest one by one.
struct SessionsSection {
  let figures: Figures
  /// How many days the table by day has.
  private static let days = 14

  var fields: Fields {
    guard let sessions = figures.sessions, let last = figures.days?.range.upperBound ?? lastDay else {
      return ["hasSessions": .flag(false)]
    }
    let first = max(figures.days?.range.lowerBound ?? last, last.advanced(by: 1 - Self.days))
    let listed = sessions.latest(upTo: last)
    let outside = sessions.total - sessions.countByDay.values.reduce(0, +)
    return [
      "hasSessions": .flag(true),
      "days": .list((first...last).reversed().map { row($0, sessions) }),
      "sessions": .list(listed.map(Self.session)),
      "hasListed": .flag(!listed.isEmpty),
      "total": .markup(FigureMarkup.count("/sessions/total", Int64(sessions.total))),
      "leftOut": .optional(
        sessions.total > listed.count
          ? "The latest \(listed.count) of \(Format.count(Int64(sessions.total))) sessions. All are in data/snapshot/current/\(SessionFigures.path)."
          : nil),
      "undated": .optional(
        outside > 0
          ? "\(Format.plural(outside, "session has", "sessions have")) no usable day and no place here." : nil
      ),
    ]
  }

  private var lastDay: Day? { figures.sessions?.countByDay.keys.max() }

  private func row(_ day: Day, _ sessions: SessionFigures) -> Fields {
    let count = Int64(sessions.countByDay[day] ?? 0)
    let active = sessions.activeByDay[day] ?? PartialSum(value: 0)
    // Only days of the series are in `dashboard.json`.
    let pointer = figures.days == nil ? "sessions/\(day)" : "/days/\(day)/sessions"
    return [
      "day": .text(Format.day(day)), "count": .markup(FigureMarkup.count(pointer, count)),
      "active": .markup(FigureMarkup.workTime("sessions/\(day)/active_seconds", active.value)),
      "isQuiet": .flag(count == 0),
    ]
  }

  private static func session(_ session: SessionFigure) -> Fields {
    let clock = [session.start, session.end].map { $0.flatMap(Format.clock) ?? "?" }
    // A session may end on a later day than it began.
    let endsLater = session.end.flatMap { Day($0.prefix(10)) } != session.day && session.end != nil
    return [
      "day": .text(session.day.map(Format.shortDay) ?? FigureMarkup.absent),
      "time": .text("\(clock[0])–\(clock[1])" + (endsLater ? " +1" : "")),
      "script": .text(session.script.map { Format.name($0) } ?? FigureMarkup.absent),
      "active": .text(session.activeSeconds.map(Format.workTime) ?? FigureMarkup.absent),
      "files": .text(session.files.map(Format.count) ?? FigureMarkup.absent),
      "events": .text(session.events.map(Format.count) ?? FigureMarkup.absent),
    ]
  }
}
