/// Rows in columns: each column is as wide as its widest cell, the last one is left as it is.
struct TextTable {
  private var rows: [[(text: String, colour: Style.Colour?)]] = []
  private let style: Style

  init(style: Style) { self.style = style }

  mutating func add(_ cells: (String, Style.Colour?)...) { rows.append(cells.map { ($0.0, $0.1) }) }

  mutating func addHeader(_ cells: String...) { rows.append(cells.map { ($0, .dim) }) }

  var isEmpty: Bool { rows.isEmpty }

  func text(indent: String = "") -> String {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], HumanText.columns(cell.text))
      }
    }
    var text = ""
    for row in rows {
      var line = indent
      let last = row.lastIndex { !$0.text.isEmpty } ?? 0
      for (index, cell) in row.enumerated() where index <= last {
        let gap = index == last ? 0 : widths[index] - HumanText.columns(cell.text) + 2
        line += style.paint(cell.text, cell.colour) + String(repeating: " ", count: gap)
      }
      text += line + "\n"
    }
    return text
  }
}
