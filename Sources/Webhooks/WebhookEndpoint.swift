package import Analyses
package import Foundation
import Postgres

/// Where a person wants to be told of events.
package struct WebhookEndpoint: Sendable {
    package let id: UUID
    package let url: String
    package let events: [WebhookEvent]
    package let createdAt: Date
    /// Until when messages are signed with the secret before as well, of which those before it end sooner; nil when there is
    /// none.
    package let previousUntil: Date?
    /// Since when and why nothing is sent; nil while it is on.
    package let disabled: Disabled?
    /// Since when no message was taken.
    package let failingSince: Date?

    package struct Disabled: Sendable {
        package let at: Date
        package let reason: Reason

        package init(at: Date, reason: Reason) {
            self.at = at
            self.reason = reason
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        /// Its owner switched it off.
        case owner
        /// It answered 410.
        case gone
        /// It took nothing for days.
        case failing
    }

    package init(
        id: UUID, url: String, events: [WebhookEvent], createdAt: Date, previousUntil: Date?, disabled: Disabled?,
        failingSince: Date?
    ) {
        self.id = id
        self.url = url
        self.events = events
        self.createdAt = createdAt
        self.previousUntil = previousUntil
        self.disabled = disabled
        self.failingSince = failingSince
    }

    /// Most endpoints of one person.
    package static let limit = 10

    /// Most secrets that sign beside the newest and the one before it: each makes every message longer.
    static let mostOlder = 8

    static let columns = """
        id, url, array_to_string(events, ' ') AS events, created_at, disabled_at, disabled_reason, failing_since,
        CASE WHEN previous_until > now() THEN previous_until END AS previous_until
        """

    init(row: Row) throws {
        let reason = try row["disabled_reason", as: String?.self].map { Reason(rawValue: $0) ?? .owner }
        let at = try row["disabled_at", as: Date?.self]
        self.init(
            id: try row["id", as: UUID.self], url: try row["url", as: String.self],
            // An event that only a later release knows is not shown here, and is kept.
            events: try row["events", as: String.self].split(separator: " ").compactMap {
                WebhookEvent(rawValue: String($0))
            },
            createdAt: try row["created_at", as: Date.self],
            previousUntil: try row["previous_until", as: Date?.self],
            disabled: at.flatMap { at in reason.map { Disabled(at: at, reason: $0) } },
            failingSince: try row["failing_since", as: Date?.self])
    }
}

/// A message to an endpoint, and what became of it.
package struct WebhookDelivery: Sendable {
    package let id: UUID
    package let event: String
    /// What is sent.
    package let body: String
    package let createdAt: Date
    package let attempts: Int
    /// When it is tried next; nil when it was taken or given up.
    package let nextAt: Date?
    package let deliveredAt: Date?
    /// When it was last tried, and what was answered: a status and how the body begins, or why there was no answer.
    package let triedAt: Date?
    package let status: Int?
    package let answer: String
    package let error: String

    package init(
        id: UUID, event: String, body: String, createdAt: Date, attempts: Int, nextAt: Date?, deliveredAt: Date?,
        triedAt: Date?, status: Int?, answer: String, error: String
    ) {
        self.id = id
        self.event = event
        self.body = body
        self.createdAt = createdAt
        self.attempts = attempts
        self.nextAt = nextAt
        self.deliveredAt = deliveredAt
        self.triedAt = triedAt
        self.status = status
        self.answer = answer
        self.error = error
    }

    package enum State: String, Sendable, CaseIterable {
        case waiting, delivered, failed
    }

    package var state: State {
        if deliveredAt != nil { return .delivered }
        return nextAt == nil ? .failed : .waiting
    }

    /// The header `webhook-id`, by which receivers know a message that they have had.
    package var messageID: String { Self.messageID(id) }

    static func messageID(_ id: UUID) -> String { "\(prefix)\(id.lower)" }

    private static let prefix = "msg_"

    /// Reads what ``messageID`` wrote; nil for anything else.
    package static func id(of text: String) -> UUID? {
        text.hasPrefix(prefix) ? UUID(uuidString: String(text.dropFirst(prefix.count))) : nil
    }

    static let columns = """
        d.id, d.event, d.body, d.created_at, d.attempts, d.next_at, d.delivered_at, d.tried_at, d.status, d.answer,
        d.error
        """

    init(row: Row) throws {
        self.init(
            id: try row["id", as: UUID.self], event: try row["event", as: String.self],
            body: try row["body", as: String.self], createdAt: try row["created_at", as: Date.self],
            attempts: Int(try row["attempts", as: Int32.self]), nextAt: try row["next_at", as: Date?.self],
            deliveredAt: try row["delivered_at", as: Date?.self], triedAt: try row["tried_at", as: Date?.self],
            status: try row["status", as: Int32?.self].map(Int.init), answer: try row["answer", as: String.self],
            error: try row["error", as: String.self])
    }
}
