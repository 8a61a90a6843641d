import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the completion script of a shell.",
    discussion: """
      bash: darkroom completions bash > ~/.local/share/bash-completion/completions/darkroom
      zsh:  darkroom completions zsh > ~/.zfunc/_darkroom   (a folder of your fpath)
      fish: darkroom completions fish > ~/.config/fish/completions/darkroom.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let target: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    StandardOutput.write(Darkroom.completionScript(for: target) + "\n")
  }
}
