import Logging
import ServiceSupport
import TestSupport
import Testing

@testable import Analyses

/// What the relay says of the broker, round by round.
@Suite struct DeliveryLogTests {
    private struct Refused: Error {}

    private let log = RecordingLog()
    private var levels: [Logger.Level] { log.entries.map(\.level) }

    private func deliveries() -> DeliveryLog { DeliveryLog(logger: Logger(label: "tests") { _ in log }) }

    @Test func whatIsOnItsWayIsNoSignOfABrokerThatIsAway() {
        var deliveries = deliveries()
        let start = ContinuousClock.now
        var stuck = 0
        // Each second messages are refused, and between that others are on their way.
        for second in 0..<50 {
            let now = start + .seconds(second)
            if deliveries.note(Refused(), isSent: false, now: now) { stuck += 1 }
            if deliveries.note(nil, isSent: false, now: now + .milliseconds(500)) { stuck += 1 }
        }
        #expect(stuck == 49)
        #expect(levels == [.error])
        // Nothing is refused any more, since nothing waits.
        _ = deliveries.note(nil, isSent: false, now: start + .seconds(100))
        #expect(levels == [.error])
        _ = deliveries.note(nil, isSent: true, now: start + .seconds(101))
        #expect(levels == [.error, .notice])
        #expect(log.entries[1].metadata["failures"] == "50")
    }

    @Test func aPartitionThatTakesNothingIsToldOnceAndHoldsUpNothing() {
        var deliveries = deliveries()
        let start = ContinuousClock.now
        var stuck = 0
        for second in 0..<50 {
            let now = start + .seconds(second)
            if deliveries.note(Refused(), isSent: second > 0, now: now) { stuck += 1 }
            if deliveries.note(nil, isSent: true, now: now + .milliseconds(500)) { stuck += 1 }
        }
        #expect(stuck == 0)
        #expect(levels == [.error])
        _ = deliveries.note(nil, isSent: false, now: start + .seconds(55))
        #expect(levels == [.error, .notice])
    }

    @Test func aRoundThatWasGivenUpIsOverWithTheNext() {
        var deliveries = deliveries()
        deliveries.failed(Refused())
        _ = deliveries.note(nil, isSent: false)
        _ = deliveries.note(nil, isSent: false)
        #expect(levels == [.error, .notice])
    }
}
