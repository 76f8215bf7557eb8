import Analyses
package import Foundation
package import Logging
package import Postgres
import ServiceLifecycle
import ServiceSupport
import Synchronization

/// What administrators switch while the site runs: registration, and whether photos are taken in.
///
/// The database has it; every gateway keeps a copy, which it reads anew when another gateway says that it changed.
package final class SiteSwitches: Sendable {
    /// Whether visitors may make an account.
    package enum Registration: String, CaseIterable, Sendable { case open, closed }

    package struct State: Sendable, Equatable {
        package var registration: Registration
        /// Since when no photos are taken in; nil while they are.
        package var intakePausedAt: Date?

        package init(registration: Registration, intakePausedAt: Date? = nil) {
            self.registration = registration
            self.intakePausedAt = intakePausedAt
        }
    }

    /// The NOTIFY channel on which gateways tell each other of a change.
    package static let channel = "mien_site"

    private let database: any PostgresSession & Sendable
    private let configured: Registration
    private let state: Mutex<State>

    package init(database: any PostgresSession & Sendable, registration: Registration) {
        self.database = database
        configured = registration
        state = Mutex(State(registration: registration))
    }

    /// The newest state that is known here.
    package var current: State { state.withLock { $0 } }

    /// Reads the database.
    package func refresh() async throws {
        let row = try await database.first("SELECT registration, intake_paused_at FROM site_settings")
        guard let (registration, paused) = try row?.decode((String?, Date?).self) else { return }
        let known = registration.flatMap(Registration.init(rawValue:)) ?? configured
        state.withLock { $0 = State(registration: known, intakePausedAt: paused) }
    }

    package func setRegistration(_ registration: Registration) async throws {
        try await change("registration = \(registration.rawValue)")
    }

    package func setIntakePaused(_ isPaused: Bool) async throws {
        try await change("intake_paused_at = CASE WHEN \(isPaused) THEN coalesce(intake_paused_at, now()) END")
    }

    /// - Throws: `IntakeRefusal.paused` while no photos are taken in.
    package func requireIntake() throws {
        if current.intakePausedAt != nil { throw IntakeRefusal.paused }
    }

    private func change(_ assignment: Statement) async throws {
        // The notification leaves with the statement's commit.
        try await database.execute(
            """
            WITH changed AS (UPDATE site_settings SET \(assignment) RETURNING true)
            SELECT pg_notify(\(Self.channel), '') FROM changed
            """)
        try await refresh()
    }
}

/// Keeps the copy right even when a notification was lost.
package struct SiteSwitchesWatcher: Service {
    package let switches: SiteSwitches
    package let logger: Logger

    package init(switches: SiteSwitches, logger: Logger) {
        self.switches = switches
        self.logger = logger
    }

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "The site's switches could not be read; it is tried again")
        for await _ in Ticker.stream(every: .seconds(10)).cancelOnGracefulShutdown() {
            do {
                try await switches.refresh()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }
}
