// A value that may be absent is a null cell.

extension String? { var cell: Cell { map(Cell.text) ?? .null } }
extension Int? { var cell: Cell { map(Cell.integer) ?? .null } }
extension Double? { var cell: Cell { map(Cell.number) ?? .null } }
extension Bool? { var cell: Cell { map(Cell.truth) ?? .null } }
extension [String]? { var cell: Cell { map(Cell.texts) ?? .null } }
extension [Double]? { var cell: Cell { map(Cell.numbers) ?? .null } }
extension [Int]? { var cell: Cell { map(Cell.integers) ?? .null } }
