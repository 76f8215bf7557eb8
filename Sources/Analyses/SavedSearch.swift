package import Foundation
import Postgres

/// A search of the history that its owner has given a name.
package struct SavedSearch: Sendable, Equatable {
    package let id: UUID
    package let name: String
    /// The filter as an address's query, ``HistoryFilter/fields`` in their order.
    package let query: String

    package init(id: UUID, name: String, query: String) {
        self.id = id
        self.name = name
        self.query = query
    }

    /// Longest name, in characters.
    package static let longestName = 60
    /// How many a person has at most: more than fit above the history help nobody to find anything.
    package static let most = 30
}

extension AnalysisStore {
    /// A person's searches, by name.
    package func savedSearches(of owner: UUID) async throws -> [SavedSearch] {
        try await database.query(
            "SELECT id, name, query FROM saved_searches WHERE user_id = \(owner) ORDER BY lower(name)"
        ).map { row in
            let (id, name, query) = try row.decode((UUID, String, String).self)
            return SavedSearch(id: id, name: name, query: query)
        }
    }

    /// Keeps a search; one of the same name, however its letters are written, is replaced.
    ///
    /// - Returns: false when the person has as many as are kept.
    package func save(_ search: SavedSearch, owner: UUID) async throws -> Bool {
        try await database.execute(
            """
            INSERT INTO saved_searches (id, user_id, name, query)
            SELECT \(search.id), \(owner), \(search.name), \(search.query)
            WHERE (SELECT count(*) FROM saved_searches
                   WHERE user_id = \(owner) AND lower(name) <> lower(\(search.name))) < \(SavedSearch.most)
            ON CONFLICT (user_id, lower(name)) DO UPDATE SET name = excluded.name, query = excluded.query
            """) > 0
    }

    /// Forgets a search of its owner; whether there was one.
    package func forgetSearch(_ id: UUID, owner: UUID) async throws -> Bool {
        try await database.execute("DELETE FROM saved_searches WHERE id = \(id) AND user_id = \(owner)") > 0
    }
}
