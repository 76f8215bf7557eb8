import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1

/// Claims photos at the gateway's internal port and hands pictures over, over connections that are kept open.
final class GatewayClient: Sendable {
    private let client: HTTPClient
    private let base: String
    private let worker: String
    private let maxPhotoBytes: Int
    private let deadline: Duration

    /// - Parameters:
    ///   - gateway: the internal address, without a path.
    ///   - worker: this process's name, for the gateway's log.
    ///   - maxPhotoBytes: longer photos are not read.
    ///   - deadline: the answer's head comes within it, and as long again may pass until its last byte; each longer by what
    ///     the bytes need on a slow link.
    init(gateway: URL, worker: String, maxPhotoBytes: Int, deadline: Duration) {
        // No time-out for reading: it would run from when a body is queued, not from when it has left, and end every picture
        // that needs longer. Each call has limits of its own.
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
        // One for claims and one for pictures, so that neither waits for the other; the pool's own repeated connecting would
        // hide an outage from us.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let address = gateway.absoluteString
        base = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.worker = worker
        self.maxPhotoBytes = maxPhotoBytes
        self.deadline = deadline
    }

    /// Claims the photo of an analysis, or its clean picture, for a task. Every claim that is answered by 200
    /// counts as an attempt at the gateway, once: whether a claim whose answer did not come was counted, nobody here knows.
    ///
    /// - Parameter claim: the same each time that the claim is sent again.
    /// - Throws: `CancellationError` alone; whatever else happens is an answer.
    func claim(
        _ analysisID: String, ticket: String, as claim: UUID, for task: Mien_V1_Task = .unspecified,
        trace: TraceContext? = nil
    ) async throws -> ClaimAnswer {
        do {
            let path = "/photos/\(analysisID)" + (task.drawingPath.map { "/\($0)" } ?? "")
            var request = self.request(path, ticket: ticket, trace: trace)
            request.headers.add(name: "Mien-Claim", value: claim.uuidString)
            return try await send(request) { [self] in
                try await answer($0, toDraw: task.drawingPath != nil)
            }
        } catch {
            // Cancelled, it fails in one of several ways; then nobody waits for an answer.
            try Task.checkCancellation()
            return .unavailable(reason: "\(error)", retryAfter: nil)
        }
    }

    /// Closes the connections.
    func shutdown() async throws {
        try await client.shutdown()
    }

    /// A request in the name of this worker.
    func request(_ path: String, ticket: String, trace: TraceContext?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "Authorization", value: "Bearer \(ticket)")
        request.headers.add(name: "Mien-Worker", value: worker)
        if let trace { request.headers.add(name: TraceContext.headerName, value: trace.next().traceparent) }
        return request
    }

    /// The most bytes of an answer: a photo or a clean picture with what is to be drawn, of which a hundred faces have a few
    /// kilobytes.
    private var maxAnswerBytes: Int { max(maxPhotoBytes, Pictures.Kind.clean.maximumBytes) + 64 * 1_024 }

    /// How long a claim may take in all.
    var longestClaim: Duration { longest(receiving: maxAnswerBytes) }

    /// How long a request may take in all.
    func longest(sending sent: Int = 0, receiving received: Int = 0) -> Duration {
        .transfer(of: sent, beginning: deadline) + .transfer(of: received, beginning: deadline)
    }

    /// Sends a request and reads its answer in the time that their bytes may take.
    ///
    /// The client's own deadline ends with the head of the answer (AsyncHTTPClient 1.37): a body of which a little comes now
    /// and then would be read for ever.
    func send<Answer: Sendable>(
        _ request: HTTPClientRequest, bytes: Int = 0,
        read: @escaping @Sendable (HTTPClientResponse) async throws -> Answer
    ) async throws -> Answer {
        let response = try await within(.transfer(of: bytes, beginning: deadline)) { [client] in
            try await client.execute(request, deadline: .distantFuture)
        }
        let length = response.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        return try await within(.transfer(of: min(length, maxAnswerBytes), beginning: deadline)) {
            try await read(response)
        }
    }

    private func within<Answer: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    /// What the gateway asks to wait, within reason.
    static func retryAfter(_ response: HTTPClientResponse) -> Duration? {
        response.headers.first(name: "Retry-After").flatMap { Int($0) }.map { .seconds(min(max($0, 0), 60)) }
    }

    private func answer(_ response: HTTPClientResponse, toDraw: Bool) async throws -> ClaimAnswer {
        switch response.status.code {
        case 200: return try await photo(response, toDraw: toDraw)
        case 403: return .refused
        case 410: return .gone
        case 429, 502, 503, 504:
            return .unavailable(reason: "status \(response.status.code)", retryAfter: Self.retryAfter(response))
        default: return .unexpected(reason: "status \(response.status.code)")
        }
    }

    private func photo(_ response: HTTPClientResponse, toDraw: Bool) async throws -> ClaimAnswer {
        guard let attempt = response.headers.first(name: "Mien-Attempt").flatMap({ UInt32($0) }) else {
            return .unexpected(reason: "no Mien-Attempt header")
        }
        do {
            let limit = toDraw ? maxAnswerBytes : maxPhotoBytes
            let bytes = Array(try await response.body.collect(upTo: limit).readableBytesView)
            guard toDraw else { return .granted(ClaimedPhoto(bytes: bytes, attempt: attempt)) }
            var drawing = try Mien_V1_Drawing.decode(bytes)
            let photo = [UInt8](drawing.photo)
            drawing.photo = Data()
            return .granted(ClaimedPhoto(bytes: photo, attempt: attempt, drawing: drawing))
        } catch is NIOTooManyBytesError {
            return .tooLarge(attempt: attempt)
        } catch let error as ContractError {
            return .unexpected(reason: error.reason)
        }
    }
}
