public import Foundation

/// Where one migration stands.
public struct MigrationStatus: Sendable {
    /// What the database and this build know of it.
    public enum State: Sendable, Hashable {
        /// Applied, and unchanged since.
        case applied(Date)
        /// Not applied yet.
        case pending
        /// Applied, but the file has been changed since.
        case changed(Date)
        /// Applied by a newer build; this one has no file for it.
        case unknown(Date)
    }

    /// Its number, from 1.
    public let version: Int
    /// Its name without the number.
    public let name: String
    /// What the database and this build know of it.
    public let state: State

    /// For example `0001_foundation`.
    public var title: String { Migration.title(version, name) }
}

extension [MigrationStatus] {
    private func titles(where matches: (MigrationStatus.State) -> Bool) -> String? {
        let titles = filter { matches($0.state) }.map(\.title)
        return titles.isEmpty ? nil : titles.joined(separator: ", ")
    }

    /// - Throws: when the database has what this build does not know, or knows differently.
    func requireKnown() throws {
        if let changed = titles(where: { if case .changed = $0 { true } else { false } }) {
            throw PostgresError(
                .migrationChanged,
                "Migrations were changed after they had been applied: \(changed). Restore their files, and put the change"
                    + " into a new migration")
        }
        if let unknown = titles(where: { if case .unknown = $0 { true } else { false } }) {
            throw PostgresError(
                .schemaAhead,
                "The database is ahead of this build: it has \(unknown), which this build does not know. Use the newer build"
            )
        }
    }

    /// - Throws: when the database and this build differ in any way.
    func requireCurrent() throws {
        try requireKnown()
        if let pending = titles(where: { $0 == .pending }) {
            throw PostgresError(
                .schemaBehind, "The database is behind this build: it lacks \(pending). Apply the migrations first")
        }
    }
}
