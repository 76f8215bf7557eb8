import Postgres

extension AnalysisStore {
    /// Composes what was kept otherwise: by a gateway of before, while it runs still or until an update. Also what is in the bin
    /// (binned_at).
    ///
    /// Whoever changes one of a portion waits for it, which a few hundred make too short to notice. What somebody else changes
    /// at the moment is left for the next time.
    ///
    /// - Parameter portion: how many one statement composes.
    /// - Returns: how many there were.
    @discardableResult
    package func composeText(portion: Int = 500) async throws -> Int {
        var total = 0
        for statement in Self.composing(portion: portion) {
            var count = 0
            repeat {
                count = try await database.execute(statement)
                total += count
            } while count == portion && !Task.isCancelled
        }
        return total
    }

    /// Each finds what it composes by an index, in whose order it asks: left to itself, PostgreSQL expects much and looks
    /// through the table.
    static func composing(portion: Int) -> [Statement] {
        [
            """
            UPDATE analyses SET title = normalize(title), subject = normalize(subject), notes = normalize(notes),
                file_name = normalize(file_name),
                -- Two that were taken for different ones are one.
                tags = ARRAY(SELECT tag FROM (
                    SELECT normalize(tag) AS tag, min(place) AS place
                    FROM unnest(tags) WITH ORDINALITY AS one (tag, place) GROUP BY 1
                ) AS composed ORDER BY place)
            WHERE id = ANY (ARRAY(
                SELECT id FROM analyses WHERE NOT is_composed(tags || ARRAY[title, subject, notes, file_name])
                ORDER BY submitted_at LIMIT \(portion) FOR NO KEY UPDATE SKIP LOCKED))
            """,
            """
            UPDATE batches SET title = normalize(title) WHERE id = ANY (ARRAY(
                SELECT id FROM batches WHERE NOT is_composed(ARRAY[title])
                ORDER BY created_at LIMIT \(portion) FOR NO KEY UPDATE SKIP LOCKED))
            """,
            // Composed, a few letters are longer than apart, and names may have 100.
            """
            UPDATE users SET name = left(normalize(name), 100) WHERE id = ANY (ARRAY(
                SELECT id FROM users WHERE NOT is_composed(ARRAY[name])
                ORDER BY created_at LIMIT \(portion) FOR NO KEY UPDATE SKIP LOCKED))
            """,
        ]
    }
}
