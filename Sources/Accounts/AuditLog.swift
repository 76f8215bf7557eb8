package import Foundation
package import Postgres
import ServiceSupport
import Synchronization

/// Where a request came from.
package struct RequestOrigin: Sendable {
    /// The client's address.
    package let address: String
    /// The request's id, as in the logs.
    package let requestID: String

    package init(address: String, requestID: String) {
        self.address = address
        self.requestID = requestID
    }
}

/// Keeps who did what: log-ins, failures, denials, deletions and what administrators do.
///
/// It names accounts by id alone. What strangers can cause without end (failed log-ins, denials) is recorded up to
/// ``strangersPerMinute`` a minute and gateway, so that nobody fills the disk; the log file has it all.
package struct AuditLog: Sendable {
    /// What happened.
    package enum Event: String, Sendable, CaseIterable {
        case registered, loggedIn = "logged_in", logInFailed = "log_in_failed", loggedOut = "logged_out"
        case profileChanged = "profile_changed", passwordChanged = "password_changed"
        case passwordReset = "password_reset", sessionEnded = "session_ended", otherSessionsEnded =
            "other_sessions_ended"
        case emailConfirmed = "email_confirmed", emailChangeAsked = "email_change_asked", emailChanged = "email_changed"
        case emailKept = "email_kept"
        case dataExported = "data_exported", accountDeleted = "account_deleted", analysisDeleted = "analysis_deleted"
        case analysisBinned = "analysis_binned", analysisRestored = "analysis_restored"
        case secondFactorOn = "second_factor_on", secondFactorOff = "second_factor_off"
        case secondFactorFailed = "second_factor_failed"
        case recoveryCodesMade = "recovery_codes_made", recoveryCodeUsed = "recovery_code_used"
        case identityConnected = "identity_connected", identityDisconnected = "identity_disconnected"
        case tokenMade = "token_made", tokenEnded = "token_ended"
        case webhookMade = "webhook_made", webhookDeleted = "webhook_deleted"
        case shareMade = "share_made", shareEnded = "share_ended"
        case denied
        case firstAdministrator = "first_administrator", resetLinkMade = "reset_link_made"
        case userDisabled = "user_disabled", userEnabled = "user_enabled"
        case userMade = "user_made", userSignedOut = "user_signed_out", userDeleted = "user_deleted"
        case administratorMade = "administrator_made", administratorUnmade = "administrator_unmade"
        case registrationOpened = "registration_opened", registrationClosed = "registration_closed"
        case intakePaused = "intake_paused", intakeResumed = "intake_resumed"
        case failuresRetried = "failures_retried", failuresDismissed = "failures_dismissed"

        /// Whether somebody without an account can cause it as often as they like.
        var isStrangers: Bool { self == .logInFailed || self == .denied }
    }

    static let strangersPerMinute = 120

    package let database: any PostgresSession & Sendable
    private let budget = Budget()

    package init(database: any PostgresSession & Sendable) {
        self.database = database
    }

    /// Records an event of a request.
    /// - Parameters:
    ///   - actor: who did it; nil for a visitor.
    ///   - subject: to whose account, when it is not the actor's own.
    ///   - detail: one line; no names, addresses or titles.
    package func record(
        _ event: Event, by actor: UUID?, to subject: UUID? = nil, detail: String = "", from origin: RequestOrigin
    ) async throws {
        guard !event.isStrangers || budget.take() else { return }
        // Nothing is kept of somebody who deleted their account, the address included.
        let address = event == .accountDeleted ? "" : AccountStore.text(origin.address, limit: 100)
        try await database.execute(
            """
            INSERT INTO audit_log (event, actor_id, subject_id, address, detail, request_id)
            SELECT \(event.rawValue), (SELECT id FROM users WHERE id = \(actor)),
                (SELECT id FROM users WHERE id = \(subject)), \(address),
                \(AccountStore.text(detail, limit: 200)), \(AccountStore.text(origin.requestID, limit: 100))
            """)
    }

    /// Records a failed log-in, with the account that the address belongs to, if there is one.
    package func recordFailedLogIn(email: String, from origin: RequestOrigin) async throws {
        guard budget.take() else { return }
        // One statement for both cases: the time tells nobody whether the account exists.
        try await database.execute(
            """
            INSERT INTO audit_log (event, subject_id, address, request_id)
            SELECT \(Event.logInFailed.rawValue), (SELECT id FROM users WHERE lower(email) = lower(\(email.asAddress))),
                \(AccountStore.text(origin.address, limit: 100)),
                \(AccountStore.text(origin.requestID, limit: 100))
            """)
    }

    /// Deletes what is older than so many days.
    @discardableResult
    package func sweep(days: Int) async throws -> Int {
        try await database.execute(
            "DELETE FROM audit_log WHERE at < now() - make_interval(days => \(days)::int)")
    }

    /// A token bucket.
    private final class Budget: Sendable {
        private struct State {
            var tokens = Double(AuditLog.strangersPerMinute)
            var filledAt = ContinuousClock.now
        }
        private let state = Mutex(State())

        func take() -> Bool {
            state.withLock { state in
                let now = ContinuousClock.now
                let seconds = Double((now - state.filledAt).components.seconds)
                if seconds >= 1 {
                    let limit = Double(AuditLog.strangersPerMinute)
                    state.tokens = min(limit, state.tokens + seconds * limit / 60)
                    state.filledAt = now
                }
                guard state.tokens >= 1 else { return false }
                state.tokens -= 1
                return true
            }
        }
    }
}

extension String {
    /// Without what PostgreSQL's text cannot hold, and no longer than an address can be. Else as it was typed, as it is for the log-in:
    /// so are addresses kept.
    fileprivate var asAddress: String { trimmingCharacters(in: .whitespacesAndNewlines).withoutNUL.beginning(254) }
}
