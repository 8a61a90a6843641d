import DarkroomTesting
import FileSystem
import ImageCatalog
import ImageFiles
import ImageMeasurement
import PipelineCore
import Projects
import Synchronization
import Testing

@testable import ImageStages

/// Programs of the kind that a team may write, good and bad.
@Suite struct RecommenderCommandTests {
  let workspace: TemporaryWorkspace
  let project: ImageProject
  let record: GroupRecord
  let digests = [Digest(of: "a"), Digest(of: "b")]

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/one.project.json",
      #"{"schema": "project_v1", "id": "one", "root": "photos"}"#)
    project = try ImageProjects.project("one", workspace: workspace.path)
    let images = ["a_stage1_generated.png", "b_stage2_upscaled.png"]
    for image in images {
      try FileSystem.makeDirectories("\(workspace.path)/photos/x")
      let pixels = try #require(RGBRaster(width: 3, height: 2, bytes: Array(repeating: 90, count: 18)))
      try ImageFiles.create("\(workspace.path)/photos/x/\(image)", pixels: pixels)
    }
    let group = ImageGroup(
      id: GroupID("g1"), folder: "x", images: images,
      stages: images.map { ProductionStages.usual.name(ofName: $0) }, flags: [])
    record = GroupRecord(group: group, digests: digests)
  }

  private func recommender(
    _ script: String, timeout: String = "20s", features: Bool = false
  ) throws -> CommandRecommender {
    let settings: [String: JSONValue] = [
      "command": ["/bin/sh", "-c", .string(script)], "timeout": .string(timeout), "name": "judge",
      "version": "7", "features": .bool(features),
    ]
    return try CommandRecommender(
      StageDefinition(id: "recommend", uses: "images.recommend", settings: settings))
  }

  private func ask(
    _ recommender: CommandRecommender, cancellation: Cancellation = Cancellation(),
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> Recommendation? {
    try recommender.recommend(
      record, project: project, model: digests[0],
      context: UnitContext(
        workspace: workspace.path, artifact: "", publication: "", log: log, cancellation: cancellation))
  }

  private func code(_ body: () throws -> Recommendation?) -> String {
    do {
      return try body().map { "answered \($0.index)" } ?? "no opinion"
    } catch let error as Diagnostics {
      return error.items.first?.code ?? "none"
    } catch let error as Diagnostic {
      return error.code
    } catch {
      return "\(error)"
    }
  }

  @Test func goodAnswersComeFromOneProcess() throws {
    let judge = try recommender(
      #"echo run >> starts; while read -r q; do echo "$q" >> asked; echo looked >&2; echo '{"group":"g1","index":1,"confidence":0.5,"crop":[0,0,0.5,1]}'; done; echo over >> ended"#
    )
    let heard = Mutex<[String]>([])
    for _ in 0..<3 {
      let answer = try #require(try ask(judge, log: { line in heard.withLock { $0.append(line) } }))
      #expect(answer.index == 1 && answer.confidence == 0.5 && answer.recommender == "judge")
      #expect(answer.version == "7" && answer.modelDigest == digests[0].hex)
      #expect(answer.crop?.coordinates == [0, 0, 0.5, 1])
    }
    #expect(try workspace.text("starts") == "run\n")
    #expect(heard.withLock { $0 }.allSatisfy { $0 == "looked" })
    #expect(!heard.withLock { $0.isEmpty })
    let path = "\(workspace.path)/photos/x"
    #expect(
      try workspace.text("asked")?.split(separator: "\n").first.map(String.init)
        == #"{"group":"g1","images":[{"height":2,"name":"a_stage1_generated.png","path":"\#(path)/a_stage1_generated.png","stage":"\#(record.group.stages[0])","width":3},{"height":2,"name":"b_stage2_upscaled.png","path":"\#(path)/b_stage2_upscaled.png","stage":"\#(record.group.stages[1])","width":3}]}"#
    )
  }

  @Test func theProgramEndsWithTheRecommender() throws {
    do {
      let judge = try recommender(
        #"while read -r q; do echo '{"group":"g1","index":0}'; done; echo over > ended"#)
      #expect(try ask(judge)?.index == 0)
      #expect(try workspace.text("ended") == nil)
    }
    #expect(try workspace.text("ended") == "over\n")
  }

  @Test func noOpinionIsNoRecommendation() throws {
    #expect(try ask(recommender(#"while read -r q; do echo '{"group":"g1","index":null}'; done"#)) == nil)
  }

  @Test func featuresAreSentWhenAskedFor() throws {
    let judge = try recommender(
      #"while read -r q; do echo "$q" > asked; echo '{"group":"g1","index":0}'; done"#, features: true)
    #expect(try ask(judge)?.index == 0)
    #expect(try workspace.text("asked")?.contains(#""sharpness":"#) == true)
  }

  @Test func whatWasMeasuredIsSentWithoutDecoding() throws {
    let judge = try recommender(
      #"while read -r q; do echo "$q" > asked; echo '{"group":"g1","index":0}'; done"#, features: true)
    let path = "\(workspace.path)/photos/x/\(record.group.images[0])"
    let decoded = try ImageFiles.features(path)
    var stored = decoded
    stored.sharpness = 1234.5
    stored.width = 777
    try MeasurementDatabase(workspace: workspace.path, project: "one").record([
      MeasuredImage(digest: digests[0], features: stored)
    ])
    #expect(try ask(judge)?.index == 0)
    let asked = try #require(try workspace.text("asked"))
    #expect(asked.contains(#""sharpness":1234.5"#) && asked.contains(#""width":777"#))
    // The other image was not measured before.
    #expect(asked.contains(#""sharpness":\#(JSONValue.number(decoded.sharpness).canonical)}"#))
  }

  @Test(arguments: [
    #"{"group":"g2","index":0}"#, #"{"index":0}"#, #"{"group":"g1"}"#, #"{"group":"g1","index":2}"#,
    #"{"group":"g1","index":-1}"#, #"{"group":"g1","index":0.5}"#, #"{"group":"g1","index":"0"}"#,
    #"{"group":"g1","index":0,"confidence":1.5}"#, #"{"group":"g1","index":0,"confidence":"high"}"#,
    #"{"group":"g1","index":0,"crop":[0,0,1]}"#, #"{"group":"g1","index":0,"crop":[0.5,0,0.2,1]}"#,
    #"{"group":"g1","index":0,"crop":[0,0,2,1]}"#, #"{"group":"g1","index":0,"crop":[0,0,"1",1]}"#,
    #"{"group":"g1","index":0,"confidance":1}"#, "loading the model", "", "[]",
  ])
  func aLieIsNoRecommendation(_ lie: String) throws {
    #expect(code { try ask(try recommender("while read -r q; do echo '\(lie)'; done")) } == "answer-invalid")
  }

  @Test func oneQuestionHasOneLine() throws {
    let judge = try recommender(
      #"while read -r q; do printf '{"group":"g1","index":0}\n{"group":"g1","index":1}\n'; done"#)
    #expect(code { try ask(judge) } == "answer-unasked")
  }

  @Test func aProgramThatDiesIsStartedAgainThreeTimes() throws {
    let judge = try recommender("echo run >> starts; read -r q; exit 3")
    for _ in 0..<4 { #expect(code { try ask(judge) } == "program-failed") }
    for _ in 0..<3 { #expect(code { try ask(judge) } == "program-given-up") }
    #expect(try workspace.text("starts") == "run\nrun\nrun\nrun\n")
  }

  @Test func aRestartedProgramAnswers() throws {
    let judge = try recommender(
      #"if [ ! -e died ]; then touch died; exit 1; fi; while read -r q; do echo '{"group":"g1","index":0}'; done"#
    )
    #expect(code { try ask(judge) } == "program-failed")
    for _ in 0..<3 { #expect(code { try ask(judge) } == "answered 0") }
  }

  @Test func aProgramThatHangsIsEnded() throws {
    // A busy machine may end it before it could say its number; then it gets longer.
    for timeout in ["200ms", "4s", "40s"] {
      let judge = try recommender(
        #"echo $$ >> pids; trap '' TERM; sleep 1000 & while :; do sleep 1000; done"#, timeout: timeout)
      #expect(code { try ask(judge) } == "program-timeout")
      if try workspace.text("pids")?.hasSuffix("\n") == true { break }
    }
    let pid = try #require(try workspace.text("pids")?.split(separator: "\n").first.map(String.init))
    #expect(try FileStatus("/proc/\(pid)") == nil)
  }

  @Test func aFloodIsCutOff() throws {
    let judge = try recommender("read -r q; exec tr '\\0' x < /dev/zero")
    #expect(code { try ask(judge) } == "answer-too-long")
    let lines = try recommender("read -r q; exec yes '{}'")
    #expect(code { try ask(lines) } == "answer-unasked")
  }

  @Test func aFloodOfErrorsIsReadAndBounded() throws {
    let judge = try recommender(
      #"while read -r q; do head -c 5000000 /dev/zero | tr '\0' 'e' >&2; echo '{"group":"g1","index":0}'; done"#
    )
    let logged = Mutex(0)
    #expect(
      code { try ask(judge, log: { line in logged.withLock { $0 += line.utf8.count } }) } == "answered 0")
    #expect(logged.withLock { $0 } < 1_100_000)
  }

  @Test func aProgramThatReadsNothingCannotBlockOrEndUs() throws {
    let judge = try recommender("exec 0<&-; sleep 1000", timeout: "200ms")
    #expect(code { try ask(judge) } == "program-timeout")
    #expect(code { try ask(try recommender("exit 0")) } == "program-failed")
  }

  @Test func stoppingTheRunEndsTheWait() throws {
    let judge = try recommender("echo asked >&2; sleep 1000", timeout: "1h")
    let cancellation = Cancellation()
    #expect(throws: CancellationError.self) {
      try ask(judge, cancellation: cancellation, log: { _ in cancellation.cancel() })
    }
  }

  @Test func aProgramThatIsNotThereIsSaid() throws {
    let definition = StageDefinition(
      id: "recommend", uses: "images.recommend", settings: ["command": ["no-such-program-anywhere"]])
    let judge = try CommandRecommender(definition)
    #expect(code { try ask(judge) }.hasPrefix("program-not"))
    #expect(throws: Diagnostics.self) {
      try CommandRecommender(StageDefinition(id: "recommend", uses: "images.recommend", settings: [:]))
    }
  }
}
