package import Analyses
import Archives
package import Foundation
import Postgres

/// Takes the bytes of a file in the order in which they are written.
package typealias ByteSink = (_ bytes: [UInt8]) async throws -> Void

/// All that the site has of a person, as one ZIP that is written while it is sent: the account, and for each analysis its
/// JSON, the photo as it came, and the pictures made of it that are kept; of what is in the bin as well, in a folder of its own.
package struct AccountExport: Sendable {
    package let analyses: AnalysisStore
    package let owner: UUID
    /// The account as JSON, and since when it is there.
    package let account: [UInt8]
    package let memberSince: Date

    package init(analyses: AnalysisStore, owner: UUID, account: [UInt8], memberSince: Date) {
        self.analyses = analyses
        self.owner = owner
        self.account = account
        self.memberSince = memberSince
    }

    /// Analyses read at once; of their pictures only one analysis's are in memory.
    package static let pageSize = 100

    /// Writes the archive.
    /// - Throws: what the database throws, or the writer once the browser has gone; the archive is cut off then.
    package func write(to sink: ByteSink) async throws {
        let zip = ZipWriter()
        try await sink(zip.add("account.json", account, compression: .deflated, modified: memberSince))
        for (folder, read) in [("analyses", shown), ("bin", binned)] {
            var cursor: ListCursor?
            repeat {
                let page = try await read(cursor)
                for analysis in page.items { try await write(analysis, in: folder, zip, to: sink) }
                cursor = page.next
            } while cursor != nil
        }
        try await sink(zip.finish())
    }

    private func shown(behind cursor: ListCursor?) async throws -> HistorySlice {
        try await analyses.history(owner: owner, before: cursor, limit: Self.pageSize)
    }

    private func binned(behind cursor: ListCursor?) async throws -> HistorySlice {
        try await analyses.bin(owner: owner, before: cursor, limit: Self.pageSize)
    }

    private func write(
        _ analysis: Analysis, in place: String, _ zip: ZipWriter, to sink: ByteSink
    ) async throws {
        // Before anything of it is written: what was deleted since its page was read is left out.
        guard let pictures = try await pictures(of: analysis) else { return }
        let folder = "\(place)/\(Self.day(analysis.submittedAt))-\(analysis.id.uuidString.lowercased())"
        var names = EntryNames()
        let modified = analysis.finishedAt ?? analysis.submittedAt
        let json = try AnalysisDocument(analysis, placeInQueue: nil).json()
        try await sink(
            zip.add(
                names.path(for: "analysis.json", in: folder), Array(json), compression: .deflated, modified: modified))
        for (name, bytes) in pictures {
            try await sink(
                zip.add(names.path(for: name, in: folder), bytes, compression: .stored, modified: modified))
        }
    }

    /// The photo under the name that it came with, and what was made of it; nil when it was deleted meanwhile.
    private func pictures(of analysis: Analysis) async throws -> [(String, [UInt8])]? {
        let row = try await analyses.database.first(
            """
            SELECT p.bytes, v.annotated, v.clean, v.thumbnail FROM analyses a
            LEFT JOIN photos p ON p.analysis_id = a.id
            LEFT JOIN previews v ON v.analysis_id = a.id AND a.status = 'finished'
            WHERE a.id = \(analysis.id) AND a.user_id = \(owner)
            """)
        guard let row else { return nil }
        let (photo, annotated, clean, thumbnail) = try row.decode(([UInt8]?, [UInt8]?, [UInt8]?, [UInt8]?).self)
        let all = [
            ("photo-\(analysis.fileName)", photo), ("annotated.jpg", annotated), ("clean.jpg", clean),
            ("thumbnail.jpg", thumbnail),
        ]
        return all.compactMap { name, bytes in bytes.map { (name, $0) } }
    }

    private static func day(_ date: Date) -> String {
        String(date.formatted(.iso8601).prefix(10))
    }
}
