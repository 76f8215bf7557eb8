import Testing

@testable import Kafka

@Suite struct OutageLogTests {
    @Test func oneLineAMinuteIsLetThroughAndTheOthersAreCounted() {
        let log = OutageLog(interval: .seconds(60))
        let start = ContinuousClock.now
        let lines = [0, 1, 30, 59, 60, 61, 119, 121].map { log.next(now: start + .seconds($0)) }
        #expect(lines == [0, nil, nil, nil, 3, nil, nil, 2])
    }
}
