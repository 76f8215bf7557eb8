/// Wakes a background service at an interval, and at once when there is something to do.
package enum Ticker {
    /// A stream that yields at the start, every `interval`, and for each element of `signals`; what comes while the
    /// consumer is busy is one wake-up, not many.
    package static func stream(every interval: Duration, wokenBy signals: AsyncStream<Void> = .finished) -> AsyncStream<
        Void
    > {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            continuation.yield()
            let task = Task {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while (try? await Task.sleep(for: interval)) != nil { continuation.yield() }
                    }
                    group.addTask {
                        for await _ in signals { continuation.yield() }
                    }
                    await group.waitForAll()
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

extension AsyncStream<Void> {
    /// A stream with nothing in it.
    package static var finished: AsyncStream<Void> { AsyncStream { $0.finish() } }
}
