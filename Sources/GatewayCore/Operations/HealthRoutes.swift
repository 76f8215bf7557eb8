import Contracts
import Foundation
import Hummingbird
import Kafka
import Postgres

/// Liveness says that the process answers; readiness, that what it needs is there.
struct HealthRoutes: Sendable {
    let database: ConnectionPool
    let broker: BrokerHealth

    func add(to router: Router<GatewayContext>) {
        router.get("/health/live") { _, _ in Self.response(.ok, ["status": "live"]) }
        router.get("/health/ready") { _, _ in try await ready() }
    }

    private func ready() async throws -> Response {
        async let database = databaseState()
        async let broker = broker.state()
        let states = await ["database": database, "broker": broker]
        let isReady = states.values.allSatisfy { $0 == "ready" }
        return Self.response(
            isReady ? .ok : .serviceUnavailable,
            states.merging(["status": isReady ? "ready" : "not ready"]) { state, _ in state })
    }

    private func databaseState() async -> String {
        do {
            try await database.ping()
            return "ready"
        } catch {
            return "not reachable"
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ fields: [String: String]) -> Response {
        let pairs = fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
        return Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "{\(pairs.joined(separator: ","))}\n")))
    }
}

/// Asks the broker for its metadata, at most once a second however often readiness is asked for.
struct BrokerHealth: Sendable {
    private let answer: RecentAnswer<String>

    init(admin: Admin, topics: Topics) {
        answer = RecentAnswer(for: .seconds(1)) {
            do {
                let metadata = try await admin.metadata(timeout: .seconds(2))
                let known = Set(metadata.topics.keys)
                return known.isSuperset(of: topics.all) ? "ready" : "topics are missing"
            } catch {
                return "not reachable"
            }
        }
    }

    func state() async -> String { await answer.current() }
}
