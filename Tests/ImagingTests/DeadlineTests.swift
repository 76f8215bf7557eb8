import Imaging
import Testing

@Suite struct DeadlineTests {
    private static let far: Duration = .seconds(3_600)

    private func words(_ deadline: Deadline) -> String? {
        do throws(ImagingError) {
            try deadline.check()
            return nil
        } catch {
            #expect(error.code == .timedOut && error.isRetriable == (error.detail == "clock"))
            return error.description
        }
    }

    @Test func workIsGivenUpByTheProcessorTimeThatItTakes() {
        let deadline = Deadline(processorTime: .milliseconds(30), clock: Self.far)
        var number = 1.0
        while !deadline.hasPassed { for _ in 0..<1_000 { number = (number + 2).squareRoot() } }
        #expect(number > 0 && words(deadline)?.contains("smaller version") == true)
    }

    @Test func theClockIsAnOuterBoundForWhichNoPhotoIsToBlame() async throws {
        let deadline = Deadline(processorTime: Self.far, clock: .milliseconds(30))
        while !deadline.hasPassed { try await Task.sleep(for: .milliseconds(5)) }
        #expect(words(deadline) == "The machine was too busy to analyse the photo in time. Try again later.")
    }

    @Test func whatLiesAheadHasNotPassed() {
        #expect(words(Deadline(processorTime: Self.far, clock: Self.far)) == nil)
        #expect(words(.never) == nil)
        #expect(words(Deadline(processorTime: .zero, clock: Self.far)) != nil)
        #expect(words(Deadline(processorTime: Self.far, clock: .zero)) != nil)
    }
}
