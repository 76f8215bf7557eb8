import Foundation
import Operations
import Reports

/// Failures of one kind.
struct FailureGroupRow: Sendable {
    let code: String
    let message: String
    let count: String
    let newest: Moment
    /// What to do about it, as its owner is told too.
    let advice: String

    init(_ group: FailureGroup, now: Date) {
        code = group.code
        message = group.message
        count = Words.grouped(group.count)
        newest = Moment(group.newest, now: now)
        advice = FailureWords.advice(group.code)
    }
}

/// One analysis that failed.
struct FailureRow: Sendable {
    let id: String
    let shortID: String
    let code: String
    let attempts: Int
    let at: Moment

    init(_ failure: FailureEntry, now: Date) {
        id = failure.id.uuidString.lowercased()
        shortID = String(id.prefix(8))
        code = failure.code
        attempts = failure.attempts
        at = Moment(failure.at, now: now)
    }
}
