package import Analyses
package import Foundation
import Postgres

/// A photo's analysis as administrators see it: where it stands, and nothing of what is on the photo.
package struct JobFigures: Sendable, Equatable {
    package let id: UUID
    /// The e-mail address of the account that it belongs to.
    package let owner: String
    package let lane: AnalysisLane
    package let status: AnalysisStatus
    package let attempts: Int
    /// The worker process that took it last; nil where none has.
    package let worker: String?
    package let submittedAt: Date
    package let endedAt: Date?
    package let code: String?
    /// Why it failed, as its owner is told.
    package let reason: String?
    /// The request with which it was sent, as in the log.
    package let requestID: String

    package init(
        id: UUID, owner: String, lane: AnalysisLane, status: AnalysisStatus, attempts: Int, worker: String?,
        submittedAt: Date, endedAt: Date?, code: String?, reason: String?, requestID: String
    ) {
        self.id = id
        self.owner = owner
        self.lane = lane
        self.status = status
        self.attempts = attempts
        self.worker = worker
        self.submittedAt = submittedAt
        self.endedAt = endedAt
        self.code = code
        self.reason = reason
        self.requestID = requestID
    }
}

/// Which jobs are listed.
package enum JobList: String, Sendable, CaseIterable {
    /// What waits or is being analysed, oldest first.
    case waiting
    /// Failures that nobody has dismissed, newest first.
    case failed
    /// What has ended, newest first.
    case ended
}

extension OperationsStore {
    package static let jobLimit = 50

    /// The first jobs of a list.
    package func jobs(_ list: JobList) async throws -> [JobFigures] {
        switch list {
        case .waiting: try await jobs("\(AnalysisStatus.openCondition)", order: "queued_at, id")
        case .failed:
            try await jobs(
                "status = 'failed' AND dismissed_at IS NULL AND error_code IS NOT NULL AND binned_at IS NULL",
                order: "finished_at DESC")
        case .ended: try await jobs("finished_at IS NOT NULL", order: "finished_at DESC")
        }
    }

    /// The jobs with an id: of an analysis, or its beginning; of a batch; or of the request with which they were sent.
    package func jobs(withID text: String) async throws -> [JobFigures] {
        let text = text.trimmingCharacters(in: .whitespaces).lowercased()
        if let (first, last) = Self.range(text) {
            let found = try await jobs(
                "id BETWEEN \(first) AND \(last) OR batch_id BETWEEN \(first) AND \(last)", order: "id")
            if !found.isEmpty { return found }
        }
        // No index: it is asked for once in a while, when somebody has an error page's number.
        return try await jobs("request_id = \(text)", order: "id")
    }

    /// The ids that begin so; nil for what no id does.
    static func range(_ text: String) -> (UUID, UUID)? {
        let digits = text.filter { $0 != "-" }
        guard (4...32).contains(digits.count), digits.allSatisfy(\.isHexDigit) else { return nil }
        func id(filledWith digit: Character) -> UUID? {
            var text = Array(digits + String(repeating: digit, count: 32 - digits.count))
            for place in [20, 16, 12, 8] { text.insert("-", at: place) }
            return UUID(uuidString: String(text))
        }
        guard let first = id(filledWith: "0"), let last = id(filledWith: "f") else { return nil }
        return (first, last)
    }

    private func jobs(_ condition: Statement, order: String) async throws -> [JobFigures] {
        var statement: Statement = """
            SELECT a.id, u.email, a.lane, a.status, a.attempts::bigint, a.worker, a.submitted_at, a.finished_at, a.error_code,
                a.error_message, a.request_id
            FROM (SELECT * FROM analyses WHERE 
            """
        statement.append(condition)
        statement.append(" ORDER BY \(unescaped: order) LIMIT \(Self.jobLimit)) a JOIN users u ON u.id = a.user_id")
        statement.append(" ORDER BY \(unescaped: order)")
        return try await database.query(statement).compactMap { row in
            let (id, owner, lane, status, attempts, worker, submitted, ended, code, reason, request) = try row.decode(
                (UUID, String, String, String, Int, String?, Date, Date?, String?, String?, String).self)
            guard let lane = AnalysisLane(rawValue: lane), let status = AnalysisStatus(rawValue: status) else {
                return nil
            }
            return JobFigures(
                id: id, owner: owner, lane: lane, status: status, attempts: attempts, worker: worker,
                submittedAt: submitted, endedAt: ended, code: code, reason: reason, requestID: request)
        }
    }
}
