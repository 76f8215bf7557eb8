public import Contracts
public import Foundation

/// Reads CSV files laid out as FER2013's, with 2,304 grey levels to a row, as people have them: packed or not, with or
/// without a header, columns in any order. The trainer reads the same; `Tests/Fixtures/fer2013` says what both answer.
public struct FERDataset: Sendable {
    /// A face with the class that people gave it.
    public struct Sample: Sendable {
        /// The labelled class.
        public var label: Emotion
        /// 48 × 48 grey pixels.
        public var pixels: [UInt8]
        /// Such as `PublicTest`; nil where the file has no such column.
        public var usage: String?
    }

    /// The file; what gzip or xz packed is unpacked by the programs of these names, which every Debian has.
    private let file: URL

    /// Makes a reader; nothing is read yet.
    public init(_ file: URL) {
        self.file = file
    }

    /// Reads all rows and hands them over in groups, so that a large file is never in memory whole.
    ///
    /// - Parameters:
    ///   - usage: takes only rows of this usage, such as `PublicTest`; nil for all.
    ///   - groupSize: rows to a group, at least 1.
    ///   - body: called for each group, in order.
    /// - Throws: `VisionError` with code `damaged` that names the line, or says what the file is, which column is missing
    ///   or which usages there are; or what `body` throws.
    public func forEachGroup(
        usage: String? = nil, of groupSize: Int = 64, _ body: ([Sample]) async throws -> Void
    ) async throws {
        guard FileManager.default.isReadableFile(atPath: file.path) else {
            throw VisionError(.damaged, "The file \(file.lastPathComponent) cannot be read.")
        }
        var columns: FERColumns?
        var group: [Sample] = []
        var usages: [String: Int] = [:]
        for try await (number, line) in try TextLines(file).lines {
            let row = try FERRow(line, number: number)
            if row.isBlank { continue }
            guard let known = columns else {
                let found = try FERColumns(row, usageIsWanted: usage != nil)
                columns = found
                if !found.isHeader { try take(row, found) }
                continue
            }
            try take(row, known)
            if group.count >= groupSize {
                try await body(group)
                group.removeAll(keepingCapacity: true)
            }
        }
        if !group.isEmpty { try await body(group) }
        try requireRows(usages, wanted: usage)

        func take(_ row: FERRow, _ columns: FERColumns) throws(VisionError) {
            let found = try columns.usage(of: row)
            usages[found ?? "", default: 0] += 1
            if usage == nil || found == usage { group.append(try columns.sample(of: row)) }
        }
    }

    private func requireRows(_ usages: [String: Int], wanted: String?) throws(VisionError) {
        guard !usages.isEmpty else {
            throw VisionError(.damaged, "The file \(file.lastPathComponent) has no rows.")
        }
        guard let wanted, usages[wanted] == nil else { return }
        let there = usages.sorted { $0.key < $1.key }.map { "\($0.value) of usage \($0.key)" }
        throw VisionError(
            .damaged, "There are no rows of usage \(wanted), only \(there.joined(separator: ", ")).")
    }
}
