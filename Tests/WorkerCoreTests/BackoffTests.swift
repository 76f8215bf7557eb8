import ServiceSupport
import Testing

@testable import WorkerCore

@Suite struct BackoffTests {
    @Test func delaysDoubleUpToTheLongest() {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(3))
        let delays = (0..<5).map { _ in backoff.next(jitter: 0) }
        #expect(delays == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(3), .seconds(3)])
    }

    @Test func jitterTakesAtMostAFifth() {
        var backoff = Backoff(first: .seconds(10), longest: .seconds(10))
        for _ in 0..<200 {
            let delay = backoff.next()
            #expect(delay <= .seconds(10) && delay >= .milliseconds(7_999))
        }
    }

    @Test func successStartsAnew() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(60))
        for _ in 0..<4 { _ = backoff.next(jitter: 0) }
        #expect(backoff.failures == 4)
        backoff.reset()
        #expect(backoff.next(jitter: 0) == .seconds(1))
    }

    @Test func aThousandFailuresDoNotOverflow() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(30))
        for _ in 0..<1_000 { _ = backoff.next(jitter: 0) }
        #expect(backoff.next(jitter: 0) == .seconds(30))
    }

    @Test func anOccasionalLogLetsOneLineThroughAndCountsTheOthers() {
        let log = OccasionalLog(interval: .seconds(60))
        let start = ContinuousClock.now
        var written: [Int] = []
        for second in [0, 1, 30, 59, 60, 61, 119, 121] {
            log.line(now: start + .seconds(second)) { written.append($0) }
        }
        #expect(written == [0, 3, 2])
    }
}
