import Foundation
import Hummingbird
public import Logging
public import ServiceLifecycle

/// Answers Prometheus and the health checks of containers, at a port that is not published.
public struct SupervisorServer: Service {
    private let supervisor: Supervisor
    private let host: String
    private let port: Int
    private let logger: Logger

    /// - Parameters:
    ///   - supervisor: whose processes are told of.
    ///   - host: the address to listen on.
    ///   - port: the port to listen on.
    public init(_ supervisor: Supervisor, host: String, port: Int, logger: Logger) {
        self.supervisor = supervisor
        self.host = host
        self.port = port
        self.logger = logger
    }

    /// Answers until the graceful shutdown.
    ///
    /// - Throws: when the port is taken.
    public func run() async throws {
        do {
            try await Application(
                router: router, server: .http1(configuration: .init(idleTimeout: .seconds(30))),
                configuration: .init(address: .hostname(host, port: port), serverName: nil), logger: logger
            ).run()
        } catch {
            // It ends the supervisor, and its own words name no port.
            logger.error(
                "Metrics cannot be answered",
                metadata: ["host": "\(host)", "port": "\(port)", "error": "\(String(reflecting: error))"])
            throw error
        }
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        router.get("/metrics") { [supervisor] _, _ in
            Self.answer(.ok, supervisor.metricsText, "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/health/live") { _, _ in Self.answer(.ok, #"{"status":"live"}"#, "application/json") }
        router.get("/health/ready") { [supervisor] _, _ in
            let problem = supervisor.health.problem()
            let words = ["status": problem == nil ? "ready" : "not ready", "problem": problem ?? ""]
            let body = String(decoding: try JSONEncoder().encode(words), as: UTF8.self)
            return Self.answer(problem == nil ? .ok : .serviceUnavailable, body, "application/json")
        }
        return router
    }

    private static func answer(_ status: HTTPResponse.Status, _ body: String, _ type: String) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
