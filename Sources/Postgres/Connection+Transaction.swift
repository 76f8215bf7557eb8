extension Connection {
    /// Runs `body` inside a transaction: BEGIN, then COMMIT, or ROLLBACK when `body` throws or the task is cancelled.
    /// - Throws: what `body` throws; `PostgresError` with the code `.commitUnknown` when the connection broke during COMMIT,
    ///   and `.rolledBack` when `body` swallowed an error that had ended the transaction.
    @discardableResult
    public func withTransaction<R: Sendable>(
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        try await run("BEGIN")
        let value: R
        do {
            value = try await body(self)
            if Task.isCancelled { throw PostgresError.cancelled }
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return value
    }

    /// A connection on which ROLLBACK fails is broken or still in its transaction, and its pool closes it; the server rolls
    /// back what a closed connection leaves. So a failure needs no other answer.
    private func rollBack() async {
        _ = try? await run("ROLLBACK", isShielded: true)
    }

    private func commit() async throws {
        do {
            // A failed transaction answers COMMIT with success and the tag ROLLBACK.
            guard try await run("COMMIT", isShielded: true).commandTag == "COMMIT" else {
                throw PostgresError(
                    .rolledBack, "The transaction was rolled back because one of its statements had failed")
            }
        } catch let error as PostgresError where health == .broken {
            throw PostgresError(
                .commitUnknown, "The connection broke during COMMIT: whether the transaction is applied is unknown",
                detail: error.debugDescription)
        }
    }
}
