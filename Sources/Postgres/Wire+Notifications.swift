import CLibPQ

extension Wire {
    /// Waits until at least one notification has come, and returns all that have; none when the deadline has passed.
    func notifications(
        until deadline: ContinuousClock.Instant?, interruption: Interruption
    ) throws -> [(channel: String, payload: String)] {
        while true {
            if interruption.isRequested { throw PostgresError.cancelled }
            // Those that came with an earlier answer are there already: look before waiting (manual, 34.9).
            let received = takeNotifications()
            if !received.isEmpty { return received }
            guard !isBroken else { throw lost() }
            let ready = try wait(readable: true, writable: false, until: deadline)
            if ready.isTimedOut { return [] }
            if ready.isReadable && PQconsumeInput(pointer) == 0 { throw lost() }
        }
    }

    private func takeNotifications() -> [(channel: String, payload: String)] {
        var received: [(channel: String, payload: String)] = []
        while let notification = PQnotifies(pointer) {
            received.append(
                (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return received
    }
}
