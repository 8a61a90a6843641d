import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineSpec

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The program from its command line to its exit code. The executable calls ``start()`` and does nothing else.
public enum Program {
  public static func start() async {
    // A reader that leaves (`| head`) is an error of the write, not the end of a run.
    signal(SIGPIPE, SIG_IGN)
    do {
      try checkCommandName(CommandLine.arguments.dropFirst().first)
      var command = try Darkroom.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      report(failure.findings)
      exit(failure.status.rawValue)
    } catch let findings as Diagnostics {
      report(findings.items)
      exit(status(of: findings.items).rawValue)
    } catch let finding as Diagnostic {
      report([finding])
      exit(status(of: [finding]).rawValue)
    } catch let error as any DiagnosticConvertible {
      report([error.diagnostic])
      exit(ExitStatus.stateUnusable.rawValue)
    } catch {
      Darkroom.exit(withError: error)
    }
  }

  /// A slip in a command's name gets the right name, not a line about an unexpected argument.
  private static func checkCommandName(_ name: String?) throws {
    guard let name, !name.hasPrefix("-") else { return }
    let commands = Darkroom.configuration.subcommands.map { $0.configuration }
    if name == "help" || commands.contains(where: { $0.commandName == name }) { return }
    let known = commands.filter { $0.shouldDisplay }.compactMap { $0.commandName } + ["help"]
    throw CommandFailure(
      .usage,
      Diagnostic(
        code: "unknown-command", "there is no command \"\(name)\"",
        help: Suggestion.help(for: name, among: known, what: "the commands are")))
  }

  private static func report(_ findings: [Diagnostic]) {
    let report = RunReport(
      RunReport.Setting(pipeline: "", stages: [], style: Terminal(descriptor: 2).style))
    for finding in findings { _ = StandardStream.write(2, report.text(of: finding)) }
  }

  private static func status(of findings: [Diagnostic]) -> ExitStatus {
    let codes = Set(findings.map(\.code))
    if codes.contains("workspace-busy") { return .workspaceBusy }
    if !codes.isDisjoint(with: ["unknown-stage", "unknown-project", "no-groups"]) { return .notFound }
    let isState = codes.contains {
      $0.hasPrefix("file-") || $0.hasSuffix("-database") || $0.hasPrefix("decision-database")
        || $0 == "custody-journal"
    }
    return isState ? .stateUnusable : .invalidDefinition
  }
}
