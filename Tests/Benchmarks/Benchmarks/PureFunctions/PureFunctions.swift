import Benchmark
import PipelineCore
import PipelineEngine
import PipelineSpec

// Functions without input and output that every run goes through. The figures show where a change made something
// slower; the comparisons with other programs are in compare.py.

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(3))

  Benchmark("Fingerprint of a unit with 8 components") { benchmark in
    let digest = Digest(of: "input").hex
    let components = (0..<8).map { Fingerprint.Component(name: "input:data/file\($0).log", value: digest) }
    for _ in benchmark.scaledIterations { blackHole(Fingerprint(components)) }
  }

  Benchmark("Machine: one unit from expansion to its end") { benchmark in
    let stage = StageDefinition(id: "tiny", uses: "tiny")
    let pipeline = Pipeline(name: "one", stages: [stage])
    for _ in benchmark.scaledIterations {
      var machine = RunMachine(pipeline, scope: ["tiny"], jobs: 1)
      while let action = machine.next() {
        switch action {
        case .expand(let id): machine.expanded(id, ready: [.whole], upToDate: [], left: 0, exhausted: true)
        case .start(let unit, let attempt): machine.ended(unit, attempt: attempt, .done)
        default: break
        }
      }
      precondition(machine.isEnded)
    }
  }

  Benchmark(
    "Read and validate a pipeline of 1,000 stages",
    configuration: .init(metrics: [.wallClock, .throughput], scalingFactor: .one, maxDuration: .seconds(3))
  ) { benchmark in
    let stages = (0..<1000).map { number in
      let needs = number == 0 ? "" : ", \"needs\": [\"s\((number - 1) / 10)\"]"
      return "\"s\(number)\": {\"uses\": \"command\", \"with\": {\"run\": [\"touch\", \"x\"]}\(needs)}"
    }
    let text = "{\"version\": 1, \"name\": \"many\", \"stages\": {\(stages.joined(separator: ","))}}"
    let bytes = Array(text.utf8)
    let reader = PipelineReader(kinds: [CommandStage.description])
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations {
      blackHole(try reader.read(bytes, path: "pipelines/many.json", parameters: [:]))
    }
  }
}
