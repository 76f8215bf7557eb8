import Contracts
import Foundation

/// A line of a CSV file as cells. No cell goes over the end of its line.
struct FERRow {
    /// Without the spaces and quotation marks around them.
    let cells: [String]
    let number: Int

    /// - Throws: `VisionError` with `damaged` where a quotation mark is not closed.
    init(_ line: String, number: Int) throws(VisionError) {
        self.number = number
        // Most files quote nothing, and a line has nine thousand characters.
        guard line.utf8.contains(UInt8(ascii: "\"")) else {
            cells = line.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
            return
        }
        var cells: [String] = []
        var rest = Substring(line)
        while true {
            let (cell, next) = try Self.cell(of: rest, number: number)
            cells.append(cell)
            guard let next else { break }
            rest = next
        }
        self.cells = cells
    }

    /// The first cell of a text, and what follows its comma.
    private static func cell(
        of text: Substring, number: Int
    ) throws(VisionError) -> (cell: String, rest: Substring?) {
        let start = text.drop { $0 == " " }
        guard start.first == "\"" else {
            guard let comma = text.firstIndex(of: ",") else { return (trimmed(text), nil) }
            return (trimmed(text[..<comma]), text[text.index(after: comma)...])
        }
        var content = ""
        var place = start.index(after: start.startIndex)
        while let mark = start[place...].firstIndex(of: "\"") {
            content += start[place..<mark]
            let after = start.index(after: mark)
            guard after < start.endIndex, start[after] == "\"" else {
                guard let comma = start[after...].firstIndex(of: ",") else {
                    return (trimmed(content + start[after...]), nil)
                }
                return (trimmed(content + start[after..<comma]), start[start.index(after: comma)...])
            }
            // Twice, it stands for itself (RFC 4180, 2.7).
            content += "\""
            place = start.index(after: after)
        }
        throw VisionError(.damaged, "Line \(number): a quotation mark is not closed.")
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        text.trimmingCharacters(in: .whitespaces)
    }

    var isBlank: Bool { cells.count == 1 && cells[0].isEmpty }

    func bad(_ reason: String) -> VisionError { VisionError(.damaged, "Line \(number): \(reason).") }
}

/// Where the columns of a FER2013 file are, by their names or, without a header, by their places.
struct FERColumns {
    let isHeader: Bool
    private let count: Int
    private let emotion: Int
    private let pixels: Int
    private let usage: Int?

    /// - Parameters:
    ///   - first: the first line that is not blank. It is a header where it names a column, or no cell begins with a digit.
    ///   - usageIsWanted: whether there has to be a column of usages.
    /// - Throws: `VisionError` with `damaged` that names the column which is missing or there twice.
    init(_ first: FERRow, usageIsWanted: Bool) throws(VisionError) {
        let names = first.cells.map { $0.lowercased() }
        let isHeader =
            names.contains("emotion") || names.contains("pixels")
            || !names.contains { $0.first?.isNumber == true }
        let places = isHeader ? names : Array(["emotion", "pixels", "usage"].prefix(names.count))
        func place(_ name: String) throws(VisionError) -> Int? {
            let found = places.indices.filter { places[$0] == name }
            guard found.count < 2 else { throw VisionError(.damaged, "The column \(name) is there twice.") }
            return found.first
        }
        func needed(_ name: String) throws(VisionError) -> Int {
            guard let place = try place(name) else {
                let shown = isHeader ? "There are: \(first.cells.joined(separator: ", ").prefix(200))." : ""
                throw VisionError(.damaged, "There is no column \(name). \(shown)")
            }
            return place
        }
        self.isHeader = isHeader
        count = names.count
        emotion = try needed("emotion")
        pixels = try needed("pixels")
        usage = usageIsWanted ? try needed("usage") : try place("usage")
    }

    /// The usage of a row; nil where there is no such column.
    func usage(of row: FERRow) throws(VisionError) -> String? {
        guard row.cells.count == count else {
            throw row.bad("there are \(row.cells.count) cells in \(count) columns")
        }
        return usage.map { row.cells[$0] }
    }

    /// The face of a row.
    func sample(of row: FERRow) throws(VisionError) -> FERDataset.Sample {
        let usage = try usage(of: row)
        let label = row.cells[emotion]
        guard label.utf8.count == 1, let index = Int(label), Emotion.allCases.indices.contains(index) else {
            throw row.bad("the emotion \(label.prefix(20)) is no number from 0 to 6")
        }
        return FERDataset.Sample(
            label: Emotion.allCases[index], pixels: try levels(row.cells[pixels], row), usage: usage)
    }

    /// Reads digits and spaces; everything else, a sign or a fraction as well, is no grey level.
    private func levels(_ text: String, _ row: FERRow) throws(VisionError) -> [UInt8] {
        let wanted = FaceCrop.side * FaceCrop.side
        var levels: [UInt8] = []
        levels.reserveCapacity(wanted)
        for word in text.utf8.split(separator: UInt8(ascii: " ")) {
            var value = 0
            for digit in word {
                value = value * 10 + Int(digit) - 48
                guard (48...57).contains(digit), value < 256 else {
                    throw row.bad("\(String(decoding: word.prefix(20), as: UTF8.self)) is no grey level from 0 to 255")
                }
            }
            levels.append(UInt8(value))
        }
        guard levels.count == wanted else { throw row.bad("there are \(levels.count) grey levels, not \(wanted)") }
        return levels
    }
}
