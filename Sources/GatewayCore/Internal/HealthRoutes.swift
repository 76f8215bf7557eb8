import Analyses
import Foundation
import Hummingbird
import Kafka
import Postgres
import Synchronization

/// Liveness says that the process answers; readiness, that uploads are accepted and pages served.
///
/// That needs the database alone: accepted photos wait there while the broker is away. What is wrong with the broker is said
/// beside it. (https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes: a service that is not
/// ready gets no traffic.)
struct HealthRoutes: Sendable {
    let database: DatabaseHealth
    let broker: BrokerWatch
    let results: SupervisedConsumer

    func add(to router: Router<GatewayContext>) {
        router.get("/health/live") { _, _ in try Self.response(.ok, ["status": "live"]) }
        router.get("/health/ready") { _, _ in try await ready() }
    }

    private func ready() async throws -> Response {
        let isReady = await database.answers()
        return try Self.response(
            isReady ? .ok : .serviceUnavailable,
            [
                "status": isReady ? "ready" : "not ready", "database": isReady ? "ready" : "not reachable",
                "broker": brokerState, "results": resultsState,
            ])
    }

    private var brokerState: String {
        guard let figures = broker.current else {
            return broker.reason.map { "not reachable: \($0)" } ?? "not reachable"
        }
        return figures.missing.isEmpty ? "ready" : "topics are missing"
    }

    private var resultsState: String {
        switch results.condition {
        case .working: "being read"
        case .waiting(let since): "not read for \((ContinuousClock.now - since).components.seconds) s"
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ fields: [String: String]) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(fields), as: UTF8.self)
        return Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "\(json)\n")))
    }
}

/// Whether PostgreSQL answers, without keeping a probe waiting for it.
final class DatabaseHealth: Sendable {
    private struct State {
        var answered: ContinuousClock.Instant?
        var isAsking = false
    }

    private let database: ConnectionPool
    private let state = Mutex(State())

    /// How long a probe waits; usual ones give up after a second.
    static let limit = Duration.milliseconds(400)
    /// A database that answered so short a time ago is busy, not away.
    static let memory = Duration.seconds(5)

    init(_ database: ConnectionPool) { self.database = database }

    func answers() async -> Bool {
        let (answers, answer) = AsyncStream<Bool>.makeStream()
        // One question at a time, which goes on when the probe has given up.
        let asks = state.withLock { state in
            defer { state.isAsking = true }
            return !state.isAsking
        }
        if asks { Task { answer.yield(await ask()) } }
        let timer = Task {
            guard (try? await Task.sleep(for: Self.limit)) != nil else { return }
            answer.yield(hasAnsweredLately)
        }
        defer { timer.cancel() }
        return await answers.first { _ in true } ?? false
    }

    private func ask() async -> Bool {
        let isThere = (try? await database.ping()) != nil
        state.withLock { state in
            state.isAsking = false
            state.answered = isThere ? .now : nil
        }
        return isThere
    }

    private var hasAnsweredLately: Bool {
        state.withLock { $0.answered.map { ContinuousClock.now - $0 < Self.memory } ?? false }
    }
}
