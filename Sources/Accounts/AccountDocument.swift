package import Foundation

extension AccountStore {
    /// The account, its sessions, its API tokens, its webhooks, its shared links and its saved searches as JSON.
    package func document(
        of user: User, webhooks: [ExportedWebhook], links: [ExportedLink] = [], searches: [ExportedSearch] = [],
        secondFactor: SecondFactorStatus?
    ) async throws -> [UInt8] {
        let document = AccountDocument(
            user, secondFactor: secondFactor, sessions: try await sessions(of: user.id, current: nil),
            tokens: try await tokens(of: user.id), webhooks: webhooks, links: links,
            searches: searches, identities: try await identities(of: user.id))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return Array(try encoder.encode(document))
    }
}

/// A webhook as the export has it: without its secret.
package struct ExportedWebhook: Encodable, Sendable {
    let url: String
    let events: [String]
    let created_at: Date

    package init(url: String, events: [String], createdAt: Date) {
        self.url = url
        self.events = events
        created_at = createdAt
    }
}

/// A shared link as the export has it: without what opens it.
package struct ExportedLink: Encodable, Sendable {
    let shows: String
    let made_at: Date
    let expires_at: Date
    let ended_at: Date?
    let has_password: Bool
    let opened: Int
    let last_opened_at: Date?

    /// - Parameter shows: the path of what is shared.
    package init(
        shows: String, madeAt: Date, expiresAt: Date, endedAt: Date?, hasPassword: Bool, opened: Int,
        lastOpenedAt: Date?
    ) {
        self.shows = shows
        made_at = madeAt
        expires_at = expiresAt
        ended_at = endedAt
        has_password = hasPassword
        self.opened = opened
        last_opened_at = lastOpenedAt
    }
}

/// A saved search as the export has it.
package struct ExportedSearch: Encodable, Sendable {
    let name: String
    let query: String

    package init(name: String, query: String) {
        self.name = name
        self.query = query
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

    /// Who the person is to a provider that they log in with.
    struct Identity: Encodable {
        let issuer: String
        let subject: String
        let connected_at: Date
        let last_used_at: Date?
    }

    let id: String
    let name: String
    let email: String
    let email_confirmed: Bool
    /// The address that the account gets once it is confirmed.
    let pending_email: String?
    let time_zone: String
    let theme: String
    /// Since when log-ins ask for a code; its secret and the recovery codes are in no export.
    let second_factor_since: Date?
    let is_administrator: Bool
    let member_since: Date
    let finished_analyses: Int
    let failed_analyses: Int
    let sessions: [Session]
    let api_tokens: [Token]
    let has_password: Bool
    let identities: [Identity]
    let webhooks: [ExportedWebhook]
    let shared_links: [ExportedLink]
    let saved_searches: [ExportedSearch]

    init(
        _ user: User, secondFactor: SecondFactorStatus?, sessions: [BrowserSession], tokens: [APIToken],
        webhooks: [ExportedWebhook], links: [ExportedLink], searches: [ExportedSearch],
        identities: [ConnectedIdentity]
    ) {
        id = user.id.uuidString.lowercased()
        name = user.name
        email = user.email
        email_confirmed = user.isEmailConfirmed
        pending_email = user.pendingEmail
        time_zone = user.timeZone
        theme = user.theme.rawValue
        second_factor_since = secondFactor?.since
        is_administrator = user.isAdmin
        member_since = user.createdAt
        self.webhooks = webhooks
        shared_links = links
        saved_searches = searches
        finished_analyses = user.finishedCount
        failed_analyses = user.failedCount
        self.sessions = sessions.map {
            Session(
                device: DeviceName.of($0.userAgent), user_agent: $0.userAgent, address: $0.address,
                logged_in_at: $0.createdAt, last_used_at: $0.seenAt)
        }
        has_password = user.hasPassword
        self.identities = identities.map {
            Identity(
                issuer: $0.identity.issuer, subject: $0.identity.subject, connected_at: $0.connectedAt,
                last_used_at: $0.usedAt)
        }
        api_tokens = tokens.map { Token(label: $0.label, created_at: $0.createdAt, last_used_at: $0.usedAt) }
    }
}
