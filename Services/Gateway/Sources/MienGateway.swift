// mien-gateway: reads the settings, puts the gateway together and runs it until it is told to stop.

import Foundation
import GatewayCore
import Kafka
import Logging
import Metrics
import Operations
import ServiceLifecycle
import Settings
import Telemetry
import UnixSignals

@main
struct MienGateway {
    static func main() async {
        if CommandLine.arguments.dropFirst() == ["--version"] {
            print("mien-gateway with \(KafkaLibrary.description)")
            return
        }
        do {
            try await run()
        } catch {
            // Before or beside the log: the last words of a process that could not start or go on.
            FileHandle.standardError.write(Data("mien-gateway: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() async throws {
        let settings = SettingsReader()
        let logs = LogSettings(settings)
        let configuration = GatewayConfiguration(settings)
        try settings.check()
        try logs.bootstrap()
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: "mien.gateway")

        let gateway = try Gateway(configuration, metricsText: { metrics.text() }, logger: logger) { listening in
            switch listening {
            case .web(let port): logger.notice("Listening for browsers", metadata: ["port": "\(port)"])
            case .internal(let port): logger.notice("Listening for workers", metadata: ["port": "\(port)"])
            }
        }
        try await gateway.prepare()
        var group = ServiceGroupConfiguration(
            services: try gateway.allServices().map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // Shorter than the 10 s after which Deploy/local and Compose lose patience.
        group.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: group).run()
        logger.notice("Stopped")
    }
}
