import PipelineCore

/// One day of the invented team.
struct DemoDay {
  let index: Int
  private let day: Day
  private var random: DemoRandom

  init(index: Int, calendar: DemoCalendar) {
    self.index = index
    day = calendar.day(index)
    random = DemoRandom(seed: 0xDA12_C400 &+ UInt64(index) &* 7_919)
  }

  private func utc(_ hour: Int, _ minute: Int) -> Int64 {
    day.utcMicroseconds + Int64(hour * 60 + minute - DemoCalendar.offset(on: day)) * 60_000_000
  }

  private var selection: String { index < 14 ? "lumen2" : index.isMultiple(of: 3) ? "atlas1" : "mojo3" }
  private var cropping: String { index < 18 ? "lumen2" : "mojo3" }

  mutating func write(to writer: inout DemoWriter) {
    cleanUp(&writer)
    if index == 19 { nightSession(&writer) }
    guard day.weekday < 5 else { return }
    select(&writer, from: utc(8, random.pick(20...55)), groups: random.pick(35...60))
    select(&writer, from: utc(13, random.pick(0...40)), groups: random.pick(25...50))
    crop(&writer, from: utc(9, random.pick(5...50)), images: random.pick(30...70))
    crop(&writer, from: utc(14, random.pick(10...55)), images: random.pick(30...60))
    if random.happens(60) { sort(&writer, from: utc(16, random.pick(5...25)), folders: random.pick(3...8)) }
  }

  /// An evening that ran over midnight.
  private mutating func nightSession(_ writer: inout DemoWriter) {
    crop(&writer, from: utc(23, 35), images: 320)
  }

  /// The next moment of steady work: mostly seconds later, now and then after a pause.
  private mutating func pause(_ at: inout Int64) {
    var milliseconds = random.pick(2_500...19_000)
    if random.happens(4) { milliseconds += random.pick(60_000...200_000) }
    if random.happens(1) { milliseconds += random.pick(360_000...900_000) }
    at += Int64(milliseconds) * 1_000 + Int64(random.pick(0...999))
  }

  private mutating func select(_ writer: inout DemoWriter, from start: Int64, groups: Int) {
    var at = start
    let project = selection
    let batch = writer.begin("image_selector", at, folder: project, day: day, name: "pick \(project)")
    for _ in 0..<groups {
      pause(&at)
      let images = writer.newGroup(project, day: day, size: random.pick(2...4), random: &random)
      let chosen = images.count - 1
      let folder = "\(project)/raw_\(index / 7 + 1)"
      if random.happens(85) {
        let target = random.happens(70) ? "__crop" : "__selected"
        writer.operation(
          batch, at, "move", from: folder, to: "\(project)/\(target)", images: [images[chosen]],
          companions: true)
        if target == "__crop" { writer.waitingForCrop[project, default: []].append(images[chosen]) }
      } else {
        writer.operation(
          batch, at, "stage_delete", from: folder, to: "\(project)/__delete_staging",
          images: [images[chosen]],
          companions: true)
      }
      at += Int64(random.pick(20...90)) * 1_000
      writer.operation(
        batch, at, "stage_delete", from: folder, to: "\(project)/__delete_staging",
        images: Array(images.dropLast()), companions: true)
    }
    writer.end(batch, at + 1_500_000, summary: "\(groups) groups")
  }

  private mutating func crop(_ writer: inout DemoWriter, from start: Int64, images: Int) {
    var at = start
    let project = cropping
    let batch = writer.begin(
      "multi_crop_tool", at, folder: "\(project)/__crop", day: day, name: "crop \(project)")
    for _ in 0..<images {
      pause(&at)
      let image =
        writer.waitingForCrop[project]?.popLast()
        ?? writer.newGroup(project, day: day, size: 1, random: &random).first ?? ""
      writer.operation(
        batch, at, "crop", from: "\(project)/__crop", to: "\(project)/__cropped", images: [image],
        companions: false)
    }
    writer.end(batch, at + 2_000_000, summary: "\(images) crops")
  }

  private mutating func sort(_ writer: inout DemoWriter, from start: Int64, folders: Int) {
    var at = start
    let project = selection
    let batch = writer.begin("character_sorter", at, folder: project, day: day, name: "sort \(project)")
    for number in 1...folders {
      at += Int64(random.pick(20...140)) * 1_000_000
      let images = writer.newGroup(project, day: day, size: random.pick(6...24), random: &random)
      writer.operation(
        batch, at, "move", from: "\(project)/__selected", to: "\(project)/character_0\(number)",
        images: images,
        companions: true)
    }
    writer.end(batch, at + 800_000, summary: "\(folders) folders")
  }

  /// The machine's nightly work: never anybody's work time.
  private mutating func cleanUp(_ writer: inout DemoWriter) {
    var at = day.utcMicroseconds + Int64(random.pick(120...150)) * 60_000_000
    let batch = writer.begin(
      "nightly_cleanup", at, folder: ".", day: day, name: "empty the staging folder", isMachine: true)
    for _ in 0..<random.pick(4...12) {
      at += Int64(random.pick(200...900)) * 1_000
      let images = writer.newGroup("mojo3", day: day, size: random.pick(3...9), random: &random)
      writer.operation(
        batch, at, "send_to_trash", from: "\(selection)/__delete_staging", to: "trash", images: images,
        companions: true)
    }
    writer.end(batch, at + 100_000, summary: "done")
  }
}
