import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import TrainingData

@Suite struct RowTests {
  @Test("Columns are sorted by their bytes, have a meaning, and a row has a cell for each")
  func columns() {
    check(Rows.selection(full: true))
    check(Rows.selection(full: false))
    check(Rows.crop)
    check(Rows.image(measured: true))
    check(Rows.image(measured: false))
  }

  private func check<Row: TrainingRow>(_ row: Row) {
    let names = Row.columns.map(\.name)
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(Set(names).count == names.count)
    #expect(Row.columns.allSatisfy { !$0.meaning.isEmpty })
    #expect(row.cells.count == names.count)
    for (column, cell) in zip(Row.columns, row.cells) {
      switch (cell, column.kind) {
      case (.null, _): #expect(column.isOptional, "\(column.name) is null")
      case (.text, .text), (.integer, .integer), (.number, .number), (.truth, .truth), (.texts, .texts),
        (.numbers, .numbers), (.integers, .integers):
        break
      default: Issue.record("\(column.name) holds \(cell)")
      }
    }
  }

  @Test("A row that was written is read as it was, and its line is canonical JSON")
  func roundTrip() throws {
    let workspace = try TemporaryWorkspace()
    func check<Row: TrainingRow>(_ rows: [Row]) throws {
      var text = ""
      for row in rows { row.append(to: &text) }
      try FileSystem.create("\(workspace.path)/\(Row.fileName)", text.utf8)
      #expect(try DatasetFiles(path: workspace.path).rows(Row.self) == rows)
      let first = try #require(text.split(separator: "\n").first)
      let value = try #require(Rows.json(String(first)))
      #expect(value.canonical == first)
    }
    try check([Rows.selection(full: true), Rows.selection(full: false)])
    try check([Rows.crop])
    try check([Rows.image(measured: true), Rows.image(measured: false)])
  }

  @Test("A damaged row is an error with its file and line")
  func damaged() throws {
    let workspace = try TemporaryWorkspace()
    var text = ""
    Rows.crop.append(to: &text)
    Rows.crop.append(to: &text)
    let broken = text.replacing("\"occurrence\":0}", with: "").split(separator: "\n").map(String.init)
    let lines = [broken[0], broken[1].replacing("\"occurrence\":1", with: "\"occurrence\":\"x\"")]
    try FileSystem.create("\(workspace.path)/crops.jsonl", lines.joined(separator: "\n").utf8)
    let failure = #expect(throws: Diagnostic.self) {
      try DatasetFiles(path: workspace.path).rows(CropRow.self)
    }
    #expect(failure?.location?.line == 2)
    #expect(failure?.message.contains("occurrence") == true)
  }
}

@Suite struct SplitTests {
  @Test("Splits are a function of the lineage, in the shares 80, 10 and 10")
  func shares() {
    var counts: [Split: Int] = [:]
    for number in 0..<20_000 {
      counts[Split(lineage: Lineage.name(project: "p", group: "g\(number)")), default: 0] += 1
    }
    #expect((15_700...16_300).contains(counts[.train] ?? 0))
    #expect((1_800...2_200).contains(counts[.validation] ?? 0))
    #expect((1_800...2_200).contains(counts[.test] ?? 0))
  }

  @Test("A lineage keeps its split for ever: these were computed by Python's hashlib")
  func known() {
    #expect(
      ["p/g1", "p/g2", "p/g3", "p/g4", "p/g5", "mojo3/g_00", "mojo3/g_07", "mojo3/g_13"].map {
        Split(lineage: $0)
      } == [.train, .train, .train, .train, .test, .test, .train, .train])
  }
}
