/// What takes long to read, read by one reader at a time and tried at most once in a while: whoever asks gets what was read
/// before at once, also who begins the next reading, and waits for it only where there is nothing yet.
package actor Kept<Key: Hashable & Sendable, Value: Sendable> {
    private struct Entry {
        var last: Value?
        /// The last reading, which is under way until ``ended``.
        let reading: Task<Value, any Error>
        var ended: ContinuousClock.Instant?
    }

    private var entries: [Key: Entry] = [:]
    private let lifetime: Duration

    /// - Parameter lifetime: how long what was read is given without reading again, and a failure without trying again.
    package init(for lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// What is kept under a key. What is too old is read again for those who ask later.
    ///
    /// - Throws: what the last reading threw, where nothing was read before.
    package func value(of key: Key, _ read: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let entry = current(key) ?? begin(key, read)
        if let last = entry.last { return last }
        return try await entry.reading.value
    }

    /// What need not be read now.
    private func current(_ key: Key) -> Entry? {
        guard let entry = entries[key] else { return nil }
        if let ended = entry.ended, ContinuousClock.now - ended >= lifetime { return nil }
        return entry
    }

    private func begin(_ key: Key, _ read: @escaping @Sendable () async throws -> Value) -> Entry {
        // A task of its own: it goes on for the others when the one who began it leaves.
        let reading = Task<Value, any Error> {
            defer { self.entries[key]?.ended = ContinuousClock.now }
            let value = try await read()
            self.entries[key]?.last = value
            return value
        }
        let entry = Entry(last: entries[key]?.last, reading: reading, ended: nil)
        entries[key] = entry
        return entry
    }
}
