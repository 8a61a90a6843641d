import FileSystem
import PipelineCore

/// How far one rename is, told from names and marks alone.
private enum HopState {
  case waiting, done
  /// The file was renamed and then removed, which happens only when every rename is done.
  case gone
  /// It is not done and cannot be; whatever else is done can be turned back.
  case impossible(Diagnostic)
  /// Journal and disk do not fit together.
  case contradiction(Diagnostic)
}

extension FileCustody {
  /// Finishes a pass that was cut short, or turns it back when it cannot be finished.
  /// - Returns: what became of it.
  /// - Throws: `order-contradictory` and nothing touched, or the error that stopped it.
  func settle(_ pass: Pass) throws -> Diagnostic {
    var runner = runner(pass)
    if try log.holdsAny(of: pass) {
      try runner.complete()
      return finished(pass)
    }
    let problem = OrderProblem(order: pass.order, direction: pass.direction)
    guard try FileStatus(following: pass.order.root)?.kind == .directory else { throw problem.rootMissing() }
    var states: [(hop: Hop, state: HopState)] = []
    for act in pass.acts {
      for hop in act.hops {
        let isUnmade =
          !pass.isPrepared && act.temporary.map { RelativePath($0) == RelativePath(hop.from) } ?? false
        states.append((hop, isUnmade ? try unmade(hop, problem) : try state(of: hop, problem)))
      }
    }
    for case (_, .contradiction(let diagnostic)) in states { throw diagnostic }
    if states.contains(where: { if case .gone = $0.state { true } else { false } }) {
      // All renames were done once. What is not where it went was moved again by somebody, after us.
      try runner.complete()
      return finished(pass)
    }
    for case (_, .impossible(let diagnostic)) in states {
      let done = states.compactMap { if case .done = $0.state { $0.hop } else { nil as Hop? } }
      do { try runner.turnBack(done) } catch { throw problem.halfDone(diagnostic, then: finding(error)) }
      return turnedBack(pass, diagnostic)
    }
    return try goOn(&runner, states)
  }

  private func goOn(_ runner: inout PassRunner, _ states: [(hop: Hop, state: HopState)]) throws -> Diagnostic
  {
    let pass = runner.pass
    let done = states.compactMap { if case .done = $0.state { $0.hop } else { nil as Hop? } }
    let waiting = states.contains { if case .waiting = $0.state { true } else { false } }
    if waiting {
      do { try runner.resume(after: done) } catch {
        let reason = finding(error)
        let problem = OrderProblem(order: pass.order, direction: pass.direction)
        do { try runner.turnBack(runner.taken) } catch {
          throw problem.halfDone(reason, then: finding(error))
        }
        return turnedBack(pass, reason)
      }
    }
    try runner.complete()
    return finished(pass)
  }

  /// The state of a rename whose file is made again first.
  private func unmade(_ hop: Hop, _ problem: OrderProblem) throws -> HopState {
    try FileStatus(hop.to) == nil ? .waiting : .impossible(problem.taken(hop.to))
  }

  private func state(of hop: Hop, _ problem: OrderProblem) throws -> HopState {
    guard let mark = hop.mark else {
      return .contradiction(problem.contradiction(hop, "the journal lost its mark"))
    }
    let (from, to) = (try FileStatus(hop.from), try FileStatus(hop.to))
    switch (from, to) {
    case (let from?, nil):
      return try mark.isOf(hop.from, from, digest: hop.digest)
        ? .waiting : .impossible(problem.changed(hop.from))
    case (let from?, let to?):
      if try mark.isOf(hop.from, from, digest: hop.digest) { return .impossible(problem.taken(hop.to)) }
      // Ours is at its new place, and something else came to the old one.
      if try mark.isOf(hop.to, to, digest: hop.digest) { return .done }
      return .contradiction(problem.contradiction(hop, "another file is at both of its places"))
    case (nil, let to?):
      if try mark.isOf(hop.to, to, digest: hop.digest) { return .done }
      return .contradiction(problem.contradiction(hop, "another file is at its new place"))
    case (nil, nil):
      if hop.isFarewell { return .gone }
      if hop.isOwn { return .impossible(problem.sourceMissing(hop.from)) }
      return .contradiction(problem.contradiction(hop, "its file is at neither of its places"))
    }
  }

  private func finished(_ pass: Pass) -> Diagnostic {
    let what = pass.direction == .perform ? "order" : "the undoing of order"
    return Diagnostic(
      .note, code: "order-finished",
      "\(what) \(pass.order.id) of group \(pass.order.group), which was cut short, is finished")
  }

  private func turnedBack(_ pass: Pass, _ reason: Diagnostic) -> Diagnostic {
    let what = pass.direction == .perform ? "order" : "the undoing of order"
    return Diagnostic(
      .warning, code: "order-turned-back",
      "\(what) \(pass.order.id) of group \(pass.order.group), which was cut short, is turned back: \(reason.message)",
      notes: reason.notes, help: reason.help)
  }
}
