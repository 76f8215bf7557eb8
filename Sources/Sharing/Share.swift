// Sharing: links by which people without an account see one result or one batch, for a time and as far as the owner says.

package import Analyses
package import Foundation
import Postgres

/// A link, as its owner sees it. What opens it is shown once, and kept nowhere but as its hash.
package struct Share: Sendable, Equatable {
    /// What others see by it.
    package enum Subject: Sendable, Hashable {
        case analysis(UUID)
        case batch(UUID)
    }

    /// Whether it works.
    package enum State: String, Sendable {
        case open
        /// Its time is over.
        case expired
        /// Its owner ended it, or cancelled the analysis.
        case ended
        /// It would, but its owner has deleted what it shows, and can put that back.
        case inBin = "in_bin"
    }

    /// By which it is ended; it opens nothing.
    package let id: UUID
    package let owner: UUID
    package let subject: Subject
    /// How what opens it begins.
    package let prefix: String
    package let hasPassword: Bool
    package let information: SharedInformation
    /// Whether the photo may be saved as it was sent.
    package let givesOriginal: Bool
    package let createdAt: Date
    package let expiresAt: Date
    package let endedAt: Date?
    /// How often others opened it.
    package let views: Int
    package let viewedAt: Date?

    /// Most links of a person that show something at once.
    package static let limit = 200

    package func state(now: Date = Date()) -> State {
        endedAt != nil ? .ended : expiresAt <= now ? .expired : .open
    }
}

/// A link in a list of its owner's.
package struct ListedShare: Sendable {
    package let share: Share
    /// The photo's title or file name, or the batch's title; empty for a batch without one, and for what is in the bin.
    package let title: String
    /// Whether what it shows is in its owner's bin.
    package let isInBin: Bool

    package init(share: Share, title: String, isInBin: Bool = false) {
        self.share = share
        self.title = title
        self.isInBin = isInBin
    }

    package func state(now: Date = Date()) -> Share.State {
        let state = share.state(now: now)
        return state == .open && isInBin ? .inBin : state
    }
}

/// A link that somebody has opened.
package struct OpenedShare: Sendable {
    package let share: Share
    /// Whether it shows nothing: it has ended, or its owner's account is disabled.
    package let isOver: Bool
    /// Whether what was asked for is part of it.
    package let holdsMember: Bool
    let passwordHash: String?
}

extension Share {
    static let columns = """
        s.id, s.user_id, s.analysis_id, s.batch_id, s.prefix, s.password_hash IS NOT NULL AS has_password, s.information,
        s.gives_original, s.created_at, s.expires_at, s.ended_at, s.views, s.viewed_at
        """

    init(row: Row) throws {
        let analysis = try row["analysis_id", as: UUID?.self]
        self.init(
            id: try row["id", as: UUID.self],
            owner: try row["user_id", as: UUID.self],
            subject: try analysis.map(Subject.analysis) ?? .batch(row["batch_id", as: UUID.self]),
            prefix: try row["prefix", as: String.self],
            hasPassword: try row["has_password", as: Bool.self],
            // What only a later release knows tells nothing here.
            information: SharedInformation(rawValue: try row["information", as: String.self]) ?? .nothing,
            givesOriginal: try row["gives_original", as: Bool.self],
            createdAt: try row["created_at", as: Date.self],
            expiresAt: try row["expires_at", as: Date.self],
            endedAt: try row["ended_at", as: Date?.self],
            views: try row["views", as: Int.self],
            viewedAt: try row["viewed_at", as: Date?.self])
    }
}
