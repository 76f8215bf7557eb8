import Foundation
import NIOCore
import Testing

@testable import WorkerCore

@Suite(.timeLimit(.minutes(1)))
struct GatewayClientTests {
    /// The HTTP client's own deadline ends with the head, and its read time-out begins anew with every byte.
    @Test func aPhotoThatTricklesInIsGivenUpAtTheDeadline() async throws {
        let gateway = try await GatewayDouble.start(answering: .trickle)
        let client = GatewayClient(
            gateway: gateway.url, worker: "tests", maxPhotoBytes: 1 << 20, deadline: .milliseconds(700))
        guard case .unavailable(let reason, nil) = try await client.claim("some", ticket: "ticket", as: UUID()) else {
            Issue.record("a claim that does not end was answered")
            return
        }
        #expect(reason.contains("deadlineExceeded"))

        gateway.answerEverything(with: .photo([1, 2, 3]))
        guard case .granted(let photo) = try await client.claim("some", ticket: "ticket", as: UUID()) else {
            Issue.record("the next claim was not answered")
            return
        }
        #expect(photo.bytes == [1, 2, 3])
        try await client.shutdown()
        try await gateway.goAway()
    }

    @Test func aPhotoThatComesSlowlyAsALinkMayBeIsRead() async throws {
        let photo = [UInt8](repeating: 7, count: 100_000)
        let gateway = try await GatewayDouble.start(answering: .slowly(photo, over: .milliseconds(1_000)))
        let client = GatewayClient(
            gateway: gateway.url, worker: "tests", maxPhotoBytes: 1 << 20, deadline: .milliseconds(300))
        let answer = try await client.claim("some", ticket: "ticket", as: UUID())
        try await client.shutdown()
        try await gateway.goAway()
        guard case .granted(let granted) = answer else {
            Issue.record("a photo that came steadily was given up")
            return
        }
        #expect(granted.bytes == photo && granted.attempt == 1)
    }

    /// As of a picture that needs longer on its way than a silent gateway is waited for.
    @Test func aPictureThatArrivesAfterALongTimeIsTaken() async throws {
        let gateway = try await GatewayDouble.start(answering: .status(404))
        gateway.answerPictures("some", with: .late(204, after: .seconds(11)))
        let client = GatewayClient(
            gateway: gateway.url, worker: "tests", maxPhotoBytes: 1 << 20, deadline: .milliseconds(300))
        // 1,000,000 bytes may take 15 s.
        let picture = [UInt8](repeating: 7, count: 1_000_000)
        let answer = try await client.handOver(
            drawn: picture, under: "drawing", of: "some", ticket: "ticket", attempt: 1)
        try await client.shutdown()
        try await gateway.goAway()
        if case .stored = answer { return }
        Issue.record("\(answer)")
    }
}
