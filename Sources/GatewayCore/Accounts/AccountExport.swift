import Archives
import Foundation
import Hummingbird
import NIOCore
import Postgres
import Synchronization

/// All that the site has of a person, as one ZIP that is written while it is sent: the account, and for each analysis its
/// JSON, the photo as it came, and the pictures made of it.
struct AccountExport: Sendable {
    let accounts: AccountStore
    let analyses: AnalysisStore
    let user: User

    /// Analyses read at once; of their pictures only one analysis's are in memory.
    static let pageSize = 100

    /// Writes the archive.
    /// - Throws: what the database throws, or the writer once the browser has gone; the archive is cut off then.
    func write(to writer: inout some ResponseBodyWriter) async throws {
        let zip = ZipWriter()
        try await writer.write(
            ByteBuffer(bytes: zip.add("account.json", accountJSON(), compression: .deflated, modified: user.createdAt)))
        var cursor: HistoryCursor?
        repeat {
            let page = try await analyses.history(owner: user.id, before: cursor, limit: Self.pageSize)
            for analysis in page.items { try await write(analysis, zip, to: &writer) }
            cursor = page.next
        } while cursor != nil
        try await writer.write(ByteBuffer(bytes: zip.finish()))
    }

    private func write(_ analysis: Analysis, _ zip: ZipWriter, to writer: inout some ResponseBodyWriter) async throws {
        let folder = "analyses/\(Self.day(analysis.submittedAt))-\(analysis.id.uuidString.lowercased())"
        var names = EntryNames()
        let modified = analysis.finishedAt ?? analysis.submittedAt
        let json = try AnalysisDocument(analysis, placeInQueue: nil).json()
        try await writer.write(
            ByteBuffer(
                bytes: zip.add(
                    names.path(for: "analysis.json", in: folder), Array(json), compression: .deflated,
                    modified: modified)))
        for (name, bytes) in try await pictures(of: analysis) {
            try await writer.write(
                ByteBuffer(
                    bytes: zip.add(
                        names.path(for: name, in: folder), bytes, compression: .stored, modified: modified)))
        }
    }

    /// The photo under the name that it came with, and what was made of it; nothing when it was deleted meanwhile.
    private func pictures(of analysis: Analysis) async throws -> [(String, [UInt8])] {
        let row = try await analyses.database.first(
            """
            SELECT p.bytes, v.annotated, v.clean, v.thumbnail FROM analyses a
            LEFT JOIN photos p ON p.analysis_id = a.id LEFT JOIN previews v ON v.analysis_id = a.id
            WHERE a.id = \(analysis.id) AND a.user_id = \(user.id)
            """)
        guard let row else { return [] }
        let (photo, annotated, clean, thumbnail) = try row.decode(([UInt8]?, [UInt8]?, [UInt8]?, [UInt8]?).self)
        let all = [
            ("photo-\(analysis.fileName)", photo), ("annotated.jpg", annotated), ("clean.jpg", clean),
            ("thumbnail.jpg", thumbnail),
        ]
        return all.compactMap { name, bytes in bytes.map { (name, $0) } }
    }

    private func accountJSON() async throws -> [UInt8] {
        let document = AccountDocument(
            user, sessions: try await accounts.sessions(of: user.id, current: nil),
            tokens: try await accounts.tokens(of: user.id))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return Array(try encoder.encode(document))
    }

    private static func day(_ date: Date) -> String {
        String(date.formatted(.iso8601).prefix(10))
    }
}

/// The account as the export has it.
private struct AccountDocument: Encodable {
    struct Session: Encodable {
        let device: String
        let user_agent: String
        let address: String
        let logged_in_at: Date
        let last_used_at: Date
    }
    struct Token: Encodable {
        let label: String
        let created_at: Date
        let last_used_at: Date?
    }

    let id: String
    let name: String
    let email: String
    let time_zone: String
    let is_administrator: Bool
    let member_since: Date
    let finished_analyses: Int
    let failed_analyses: Int
    let sessions: [Session]
    let api_tokens: [Token]

    init(_ user: User, sessions: [BrowserSession], tokens: [APIToken]) {
        id = user.id.uuidString.lowercased()
        name = user.name
        email = user.email
        time_zone = user.timeZone
        is_administrator = user.isAdmin
        member_since = user.createdAt
        finished_analyses = user.finishedCount
        failed_analyses = user.failedCount
        self.sessions = sessions.map {
            Session(
                device: DeviceName.of($0.userAgent), user_agent: $0.userAgent, address: $0.address,
                logged_in_at: $0.createdAt, last_used_at: $0.seenAt)
        }
        api_tokens = tokens.map { Token(label: $0.label, created_at: $0.createdAt, last_used_at: $0.usedAt) }
    }
}

/// Lets each person make one export at a time: it reads every photo.
final class ExportGate: Sendable {
    private let busy = Mutex<Set<UUID>>([])

    /// Held while an export is written; letting go of it ends it, also when nobody ever fetched the answer.
    final class Lease: Sendable {
        private let gate: ExportGate
        private let user: UUID

        fileprivate init(_ gate: ExportGate, _ user: UUID) {
            self.gate = gate
            self.user = user
        }

        deinit {
            gate.busy.withLock { _ = $0.remove(user) }
        }
    }

    /// The right to make one; nil while another is made.
    func enter(_ user: UUID) -> Lease? {
        busy.withLock { $0.insert(user).inserted } ? Lease(self, user) : nil
    }
}
