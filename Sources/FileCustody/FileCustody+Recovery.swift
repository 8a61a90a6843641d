import FileSystem
import PipelineCore

/// How far one rename is, told from names and marks alone.
enum HopState {
  case waiting, done
  /// A file that is removed in the end is at neither place: removed by us when every rename was done, or by somebody.
  case gone
  /// It is not done and cannot be; whatever else is done can be turned back.
  case impossible(Diagnostic)
  /// Journal and disk do not fit together.
  case contradiction(Diagnostic)
}

/// How far a pass is that was cut short.
struct PassStates {
  var hops: [(kind: Act.Kind, hop: Hop, state: HopState)] = []

  var contradictions: [Diagnostic] {
    hops.compactMap { if case .contradiction(let diagnostic) = $0.state { diagnostic } else { nil } }
  }
  var impossible: [Diagnostic] {
    hops.compactMap { if case .impossible(let diagnostic) = $0.state { diagnostic } else { nil } }
  }
  var done: [Hop] { hops.compactMap { if case .done = $0.state { $0.hop } else { nil } } }
  var gone: [Hop] { hops.compactMap { if case .gone = $0.state { $0.hop } else { nil } } }
  var isWaiting: Bool { hops.contains { if case .waiting = $0.state { true } else { false } } }
  /// Sources on another file system that are gone.
  var goneSources: [Hop] {
    hops.compactMap { if case .gone = $0.state, $0.kind == .crossing { $0.hop } else { nil } }
  }
  var hasContradictoryCrossing: Bool {
    hops.contains { if case .contradiction = $0.state { $0.kind == .crossing } else { false } }
  }
}

extension FileCustody {
  /// Finishes a pass that was cut short, or turns it back when it cannot be finished.
  /// - Parameter isAbandoned: whether files that are at neither of their places are given up, and the rest turned back.
  /// - Returns: what became of it.
  /// - Throws: `order-contradictory` and nothing touched, or the error that stopped it.
  func settle(_ pass: Pass, isAbandoned: Bool = false) throws -> Diagnostic {
    var runner = runner(pass)
    if try log.holdsAny(of: pass) {
      try runner.complete()
      return finished(pass)
    }
    let problem = OrderProblem(order: pass.order, direction: pass.direction)
    guard try FileStatus(following: pass.order.root)?.kind == .directory else { throw problem.rootMissing() }
    let states = try states(of: pass, problem)
    if let contradiction = states.contradictions.first {
      guard isAbandoned, !states.hasContradictoryCrossing, states.goneSources.isEmpty else {
        throw contradiction
      }
      return try abandon(&runner, states)
    }
    if let gone = states.goneSources.first { return try goOn(&runner, states, without: gone) }
    if let reason = states.impossible.first {
      do { try runner.turnBack(states.done) } catch { throw problem.halfDone(reason, then: finding(error)) }
      return turnedBack(pass, reason)
    }
    return try goOn(&runner, states)
  }

  private func states(of pass: Pass, _ problem: OrderProblem) throws -> PassStates {
    var states = PassStates()
    for act in pass.acts {
      for hop in act.hops {
        let isUnmade =
          !pass.isPrepared && act.temporary.map { RelativePath($0) == RelativePath(hop.from) } ?? false
        states.hops.append((act.kind, hop, isUnmade ? try unmade(hop, problem) : try state(of: hop, problem)))
      }
    }
    return states
  }

  private func goOn(_ runner: inout PassRunner, _ states: PassStates) throws -> Diagnostic {
    let pass = runner.pass
    if states.isWaiting {
      // What is removed in the end may be gone already, by whoever's hand: that part is done.
      do { try runner.resume(after: states.done + states.gone) } catch {
        let reason = finding(error)
        let problem = OrderProblem(order: pass.order, direction: pass.direction)
        let gone = Set(states.gone.map { RelativePath($0.to) })
        do { try runner.turnBack(runner.taken.filter { !gone.contains(RelativePath($0.to)) }) } catch {
          throw problem.halfDone(reason, then: finding(error))
        }
        return turnedBack(pass, reason)
      }
    }
    try runner.complete()
    return finished(pass)
  }

  /// Goes on with a pass of which a file's source on another file system is gone: removed by us in the end, or by
  /// somebody before. The copy is all that is left of that file, and nothing here may turn it back.
  private func goOn(
    _ runner: inout PassRunner, _ states: PassStates, without gone: Hop
  ) throws -> Diagnostic {
    let pass = runner.pass
    let problem = OrderProblem(order: pass.order, direction: pass.direction)
    if states.isWaiting {
      guard pass.isPrepared, states.impossible.isEmpty else { throw problem.onlyCopy(gone, pass) }
      do { try runner.resume(after: states.done + states.gone) } catch {
        throw problem.halfDone(finding(error), then: problem.onlyCopy(gone, pass))
      }
    }
    try runner.complete()
    return finished(pass)
  }

  /// Gives up the files that are at neither of their places, and turns the rest back.
  private func abandon(_ runner: inout PassRunner, _ states: PassStates) throws -> Diagnostic {
    let pass = runner.pass
    let lost = pass.acts.filter { act in
      states.hops.contains { entry in
        if case .contradiction = entry.state { act.hops.contains(entry.hop) } else { false }
      }
    }
    do { try runner.turnBack(states.done, lost: lost.compactMap(\.file)) } catch {
      let problem = OrderProblem(order: pass.order, direction: pass.direction)
      throw problem.halfDone(states.contradictions[0], then: finding(error))
    }
    let what = pass.direction == .perform ? "order" : "the undoing of order"
    return Diagnostic(
      .warning, code: "order-abandoned",
      "\(what) \(pass.order.id) of group \(pass.order.group) is given up: what was done of it is turned back, but for what is at neither of its places",
      notes: lost.map {
        .init("\($0.source ?? $0.target ?? "") had the digest \($0.digest.hex)")
      }, help: "look for these files in your backups; the audit goes on telling of images that are missing")
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
