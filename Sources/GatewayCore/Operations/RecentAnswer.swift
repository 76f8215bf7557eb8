/// An answer that many ask for and that is worth getting once in a while: those who ask meanwhile wait for the same one.
actor RecentAnswer<Value: Sendable> {
    private let lifetime: Duration
    private let ask: @Sendable () async -> Value
    private var last: (value: Value, at: ContinuousClock.Instant)?
    private var asking: Task<Value, Never>?

    /// - Parameters:
    ///   - lifetime: how long an answer is given again.
    ///   - ask: gets a new one.
    init(for lifetime: Duration, ask: @escaping @Sendable () async -> Value) {
        self.lifetime = lifetime
        self.ask = ask
    }

    func current() async -> Value {
        if let last, ContinuousClock.now - last.at < lifetime { return last.value }
        if let asking { return await asking.value }
        let task = Task { [ask] in await ask() }
        asking = task
        let value = await task.value
        asking = nil
        last = (value, .now)
        return value
    }
}
