package import ServiceSupport

extension SupervisedConsumer {
    /// Takes records until `stop` is set or the task is cancelled, and stores the offsets of those that are dealt with.
    ///
    /// - Parameters:
    ///   - count: how many records are handed over together, when so many are here.
    ///   - take: deals with records; false when their offsets must not be stored, since the gateway stops.
    package func consume(upTo count: Int, until stop: StopSignal, _ take: ([Record]) async -> Bool) async {
        while !stop.isStopped, !Task.isCancelled {
            do {
                guard let first = try await poll(timeout: .milliseconds(500)) else { continue }
                var records = [first]
                // An error can wait: what was taken is to be dealt with first.
                while records.count < count, let next = try? await poll(timeout: .zero) { records.append(next) }
                guard await take(records) else { continue }
                // A stale offset belongs to a partition that moved: its new owner reads the message again, in vain.
                for record in records { try await storeOffset(record) }
            } catch {
                // The consumer has logged it, and has made another one where it had to.
                await stop.sleep(for: .seconds(1))
            }
        }
    }
}
