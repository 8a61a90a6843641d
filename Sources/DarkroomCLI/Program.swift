import ArgumentParser
import PipelineCore
import PipelineEngine

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The program from its command line to its exit code. The executable calls ``start()`` and does nothing else.
public enum Program {
  public static func start() async {
    do {
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
    } catch let error as any DiagnosticConvertible {
      report([error.diagnostic])
      exit(ExitStatus.stateUnusable.rawValue)
    } catch {
      Darkroom.exit(withError: error)
    }
  }

  private static func report(_ findings: [Diagnostic]) {
    for finding in findings { StandardError.write(finding.description) }
  }

  private static func status(of findings: [Diagnostic]) -> ExitStatus {
    let codes = Set(findings.map(\.code))
    if codes.contains("workspace-busy") { return .workspaceBusy }
    if codes.contains("unknown-stage") { return .notFound }
    let isState = codes.contains { $0.hasPrefix("file-") || $0.hasSuffix("-database") }
    return isState ? .stateUnusable : .invalidDefinition
  }
}

/// Lines for people on the standard error, written whole.
enum StandardError {
  static func write(_ line: String) {
    var text = line + "\n"
    text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        #if canImport(Glibc)
          let count = Glibc.write(2, part.baseAddress, part.count)
        #else
          let count = Darwin.write(2, part.baseAddress, part.count)
        #endif
        // Nobody listens on the standard error any more: there is nobody to tell.
        if count <= 0 { return }
        rest = rest.dropFirst(count)
      }
    }
  }
}
