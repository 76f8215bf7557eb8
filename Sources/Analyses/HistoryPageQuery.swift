import Postgres

/// Reads a page of a list of analyses, in the bin (binned_at) or not.
struct HistoryPageQuery {
    /// All but what is written.
    let condition: Statement
    let sorting: ListSorting
    let limit: Int

    /// So many are looked through, in the list's order, for what is written, before the index of words is asked. With the page:
    /// otherwise what every tenth photo has filled no page of a hundred, and each page found all of it again.
    var reach: Int { max(1_000, 40 * limit) }

    var all: Statement {
        """
        SELECT \(unescaped: AnalysisStore.columns) FROM analyses
        WHERE \(condition) ORDER BY \(sorting.order) LIMIT \(limit)
        """
    }

    /// A page for whoever reads them all: each goes on where the one before ended, so that together they look at each
    /// analysis once, however often the words are written.
    func reading(_ words: Statement) -> Statement {
        HistoryPageQuery(condition: "\(condition) AND \(words)", sorting: sorting, limit: limit).all
    }

    /// A page of what is written often. Where it fills no page of a list that is long, ``far(_:)`` finds all of it.
    ///
    /// PostgreSQL cannot know how many words begin so, and always expects many: left to itself, it looks through everything
    /// that a person has for a word that is nowhere. The index of words alone would be as slow for one that is everywhere.
    func near(_ words: Statement) -> Statement {
        """
        SELECT \(unescaped: AnalysisStore.columns) FROM (
            SELECT * FROM analyses WHERE \(condition) ORDER BY \(sorting.order) LIMIT \(reach)) analyses
        WHERE \(words) ORDER BY \(sorting.order) LIMIT \(limit)
        """
    }

    /// A row where ``near(_:)`` does not look through all.
    var isLong: Statement { "SELECT 1 FROM analyses WHERE \(condition) OFFSET \(reach) LIMIT 1" }

    /// A page of what is written seldom: all of it first, and then its order.
    func far(_ words: Statement) -> Statement {
        """
        WITH found AS MATERIALIZED (
            SELECT id, submitted_at, taken_at, binned_at FROM analyses WHERE \(condition) AND \(words))
        SELECT \(unescaped: AnalysisStore.columns) FROM analyses
        WHERE id IN (SELECT id FROM found ORDER BY \(sorting.order) LIMIT \(limit)) ORDER BY \(sorting.order)
        """
    }
}
