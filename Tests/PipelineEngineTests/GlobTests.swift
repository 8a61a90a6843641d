import Foundation
import PipelineCore
import Testing

@testable import FileSystem
@testable import PipelineEngine

@Suite struct GlobTests {
  @Test(arguments: [
    ("a/b.txt", "a/b.txt", true), ("a/*.txt", "a/b.txt", true), ("a/*.txt", "a/b/c.txt", false),
    ("*", "a", true), ("*", ".a", false), (".*", ".a", true), ("[.]a", ".a", false), ("a/?", "a/é", true),
    ("**", "a", true), ("**", "a/b/c", true), ("**", "a/.b/c", false), ("a/**", "a/b", true),
    ("a/**", "a", false),
    ("a/**/c", "a/c", true), ("a/**/c", "a/b/b/c", true), ("**/b/**/d", "a/b/c/b/d", true),
    ("**/.x/**", "a/.x/b", true), ("[!a]", "b", true), ("[!a]", "a", false), ("[]]", "]", true),
    ("[a", "[a", true),
    ("[*]", "*", true), ("[*]", "x", false), ("[z-a]", "m", false), ("a**b", "axxb", true), ("", "a", false),
    ("*a*a*a*a*a*a*b", String(repeating: "a", count: 200), false),
  ])
  func matches(pattern: String, path: String, expected: Bool) {
    #expect(Glob(pattern).matches(path) == expected)
  }

  /// Python's fnmatch judges single components, its glob whole trees.
  @Test func agreesWithPython() throws {
    let scratch = try ScratchDirectory()
    var random = SeededGenerator(seed: 7)
    func word(_ alphabet: [String], _ longest: Int) -> String {
      (0..<Int.random(in: 1...longest, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? ""
      }.joined()
    }
    let names = (0..<200).map { _ in word(["a", "b", "c", "-", "]", "[", "é", "!"], 5) }
    let patterns = (0..<300).map { _ in word(["a", "b", "c", "-", "]", "[", "?", "*", "!", "é"], 6) }
    for _ in 0..<150 {
      let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in word(["a", "b", "."], 2) }
      if !path.contains(where: { $0 == "." || $0 == ".." }) {
        // A name that is a directory already cannot become a file; the tree is random anyway.
        try? scratch.write("tree/" + path.joined(separator: "/") + "x", "")
      }
    }
    let parts = ["*", "**", "a", "b*", "?", "[ab]*", ".*", "*x", "[!a]?", "a?x"]
    let trees = (0..<200).map { _ in
      (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "*" }
        .joined(separator: "/")
    }
    let question = JSONValue.object([
      "names": .array(names.map { .string($0) }), "patterns": .array(patterns.map { .string($0) }),
      "trees": .array(trees.map { .string($0) }),
    ])
    try scratch.write("question.json", question.canonical)
    try scratch.write("judge.py", Self.judge)
    var child = scratch.program("/usr/bin/env", ["python3", "judge.py"])
    child.environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
    let ending = try child.run()
    try #require(ending.isSuccess, "\(ending.lastLines)")
    let answer = try JSONDecoder().decode(JSONValue.self, from: Data(scratch.read("answer.json").utf8))
    for (index, pattern) in patterns.enumerated() {
      let expected = answer["matches"]?.arrayValue?[index].arrayValue?.compactMap(\.stringValue)
      let tokens = Glob(pattern).components.first
      #expect(names.filter { tokens?.matches($0) ?? false } == expected, "\(pattern)")
    }
    let root = scratch.path + "/tree"
    for (index, pattern) in trees.enumerated() {
      let expected = answer["trees"]?.arrayValue?[index].arrayValue?.compactMap(\.stringValue)
      let files = try Glob(pattern).files(below: root)
      #expect(files == expected, "\(pattern)")
      #expect(files.allSatisfy(Glob(pattern).matches), "\(pattern)")
    }
    // The walk and the matcher agree on every file there is.
    let all = try Glob("**").files(below: root) + Glob("**/.*/**").files(below: root)
    for pattern in trees {
      let found = Set(try Glob(pattern).files(below: root))
      #expect(all.allSatisfy { found.contains($0) == Glob(pattern).matches($0) }, "\(pattern)")
    }
  }

  private static let judge = """
    import fnmatch, glob, json, os
    q = json.load(open("question.json"))
    matches = [[n for n in q["names"] if fnmatch.fnmatchcase(n, p)] for p in q["patterns"]]
    os.chdir("tree")
    trees = [sorted({f for f in glob.glob(p, recursive=True) if os.path.isfile(f)}, key=os.fsencode)
             for p in q["trees"]]
    json.dump({"matches": matches, "trees": trees}, open("../answer.json", "w"))
    """

  @Test func linksAndOddThings() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("real/a.txt", "")
    try scratch.write("data/state/x.txt", "")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: scratch.path + "/linked", withDestinationPath: "real")
    try files.createSymbolicLink(atPath: scratch.path + "/file.txt", withDestinationPath: "real/a.txt")
    try files.createSymbolicLink(atPath: scratch.path + "/broken.txt", withDestinationPath: "none")
    try files.createSymbolicLink(atPath: scratch.path + "/real/loop", withDestinationPath: "..")
    #expect(mkfifo(scratch.path + "/pipe.txt", 0o644) == 0)
    func found(_ pattern: String) throws -> [String] {
      try Glob(pattern).files(below: scratch.path, closed: ["data/state"])
    }
    #expect(try found("**/*.txt") == ["broken.txt", "file.txt", "real/a.txt"])
    #expect(try found("linked/*.txt") == ["linked/a.txt"])
    #expect(try found("data/state/*") == ["data/state/x.txt"])
    #expect(try found("none/*") == [])
  }

  @Test func pathsAreInByteOrder() throws {
    let scratch = try ScratchDirectory()
    for name in ["a/b", "a-b", "a.b", "a0", "a/0", "B", "é", "z"] { try scratch.write(name, "") }
    #expect(try Glob("**").files(below: scratch.path) == ["B", "a-b", "a.b", "a/0", "a/b", "a0", "z", "é"])
  }

  @Test func aNameThatIsNotUTF8IsAnError() throws {
    let scratch = try ScratchDirectory()
    let bytes: [CChar] = scratch.path.utf8.map { CChar(bitPattern: $0) } + [0x2F, -1, 0]
    let file = open(bytes, O_CREAT | O_WRONLY, 0o644)
    // File systems that refuse such names have no such problem.
    if file < 0 { return }
    close(file)
    #expect(throws: Diagnostics.self) { try Glob("*").files(below: scratch.path) }
  }
}
