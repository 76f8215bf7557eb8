/// What takes long to read, read by one reader at a time and at most once in a while: whoever asks meanwhile gets what was read
/// before, or waits for the same reading when there is nothing yet.
package actor Kept<Key: Hashable & Sendable, Value: Sendable> {
    private struct Entry {
        var last: (value: Value, at: ContinuousClock.Instant)?
        var reading: Task<Value, any Error>?
    }

    private var entries: [Key: Entry] = [:]
    private let lifetime: Duration

    /// - Parameter lifetime: how long what was read is given without reading again.
    package init(for lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// What is kept under a key, read where it is too old.
    ///
    /// - Throws: what `read` throws, where nothing was read before.
    package func value(of key: Key, _ read: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let entry = entries[key] ?? Entry()
        if let last = entry.last, entry.reading != nil || ContinuousClock.now - last.at < lifetime { return last.value }
        if let reading = entry.reading { return try await reading.value }
        // A task of its own: it goes on for the others when the one who began it leaves.
        let reading = Task { try await read() }
        entries[key, default: Entry()].reading = reading
        defer { entries[key]?.reading = nil }
        do {
            let value = try await reading.value
            entries[key]?.last = (value, .now)
            return value
        } catch {
            guard let last = entry.last else { throw error }
            return last.value
        }
    }
}
