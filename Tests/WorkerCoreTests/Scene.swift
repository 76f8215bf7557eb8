import Contracts
import Foundation
import Kafka
import Logging
import Settings
import SwiftProtobuf
import TestSupport

@testable import WorkerCore

/// What these tests need: a broker with topics of this test's own, and a gateway that answers as told.
struct Scene: Sendable {
    let brokers: String
    private let privateBroker: PrivateBroker?
    let gateway: GatewayDouble
    let topics: Topics
    let producer: Producer
    let directory: URL

    static func make(
        partitions: Int = 1, ownBroker: Bool = false, answering answer: GatewayDouble.Answer? = nil
    ) async throws -> Scene {
        let broker = ownBroker ? try await PrivateBroker.start() : try await PrivateBroker.shared()
        let scene = try await make(broker.brokers, broker, answering: answer)
        let admin = try Admin(.init(brokers: broker.brokers, clientID: "tests"), logger: Self.logger)
        _ = try await admin.createTopics(
            scene.topics.all.map { TopicSpecification(name: $0, partitions: $0.contains("jobs.") ? partitions : 1) })
        await admin.close()
        return scene
    }

    /// The same on a mock cluster, which gives up members that are silent for longer than their session time-out.
    static func make(on cluster: MockCluster, partitions: Int) async throws -> Scene {
        let scene = try await make(cluster.brokers, nil, answering: nil)
        for topic in scene.topics.all {
            try cluster.createTopic(topic, partitions: topic.contains("jobs.") ? partitions : 1)
        }
        return scene
    }

    private static func make(
        _ brokers: String, _ broker: PrivateBroker?, answering answer: GatewayDouble.Answer?
    ) async throws -> Scene {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mien-worker-\(UUID().uuidString)")
        // The catalogue takes folders name/version, as the product ships them.
        let models = directory.appending(path: "models/brightness")
        try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: fixtures.appending(path: "brightness-model"), to: models.appending(path: "0.0.1"))
        return Scene(
            brokers: brokers, privateBroker: broker,
            gateway: try await .start(answering: answer ?? .photo(try photo())),
            topics: Topics(prefix: "t\(UUID().uuidString.prefix(8).lowercased())."),
            producer: try Producer(.init(brokers: brokers, clientID: "tests"), logger: Self.logger),
            directory: directory)
    }

    /// The private broker, to break it.
    var broker: PrivateBroker {
        guard let privateBroker else { preconditionFailure("this scene has a mock cluster") }
        return privateBroker
    }

    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    /// A photo of one person.
    static func photo() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: fixtures.appending(path: "astronaut.jpg")))
    }

    static var logger: Logger {
        var logger = Logger(label: "mien.tests.worker")
        let level = ProcessInfo.processInfo.environment["MIEN_TEST_LOG"].flatMap { Logger.Level(rawValue: $0) }
        logger.logLevel = level ?? .critical
        return logger
    }

    /// The settings of a worker in this scene.
    var environment: [String: String] {
        [
            "MIEN_KAFKA_BROKERS": brokers, "MIEN_KAFKA_TOPIC_PREFIX": topics.prefix,
            "MIEN_GATEWAY_URL": gateway.url.absoluteString,
            "MIEN_MODELS_DIR": directory.appending(path: "models").path,
            "MIEN_CACHE_DIR": Self.cache.path, "MIEN_HEALTH_FILE": healthFile.path,
        ]
    }

    /// The same for real processes that are killed: as `Deploy/local` has it, since the private broker never gives up a
    /// member that died.
    var programEnvironment: [String: String] {
        environment.merging(["MIEN_KAFKA_STATIC_MEMBERS": "yes"]) { _, new in new }
    }

    var healthFile: URL { directory.appending(path: "health.json") }

    /// Compiled once for all tests of the process.
    private static let cache: URL = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-worker-cache-\(getpid())")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()

    func configuration(_ more: [String: String] = [:]) throws -> WorkerConfiguration {
        let settings = SettingsReader(environment: environment.merging(more) { _, new in new })
        let configuration = WorkerConfiguration(settings)
        try settings.check()
        return configuration
    }

    /// Publishes a job.
    ///
    /// - Returns: its analysis's id.
    @discardableResult
    func send(
        _ lane: Contracts.Lane = .interactive, id: String = UUID().uuidString.lowercased(),
        task: Mien_V1_Task = .unspecified
    ) async throws -> String {
        let job = JobMessage.with {
            $0.analysisID = id
            $0.generation = 1
            $0.lane = lane
            $0.ticket = "ticket-of-\(id)"
            $0.submittedAtMs = Date.now.unixMilliseconds
            $0.requestID = "request-\(id)"
            $0.task = task
        }
        _ = try await producer.send(topic: topics.jobs(lane), key: Array(id.utf8), value: try job.encode())
        return id
    }

    /// The first `count` results.
    func results(_ count: Int) async throws -> [ResultMessage] {
        try await records(count, of: topics.results).map { try ResultMessage.decode($0.value ?? []) }
    }

    /// The results up to the last missing one of these analyses. Kafka delivers at least once, so that one may have more
    /// than one result; the real gateway records the first.
    func results(of analyses: Set<String>) async throws -> [ResultMessage] {
        var results: [ResultMessage] = []
        while !analyses.isSubset(of: results.map(\.analysisID)) {
            results = try await self.results(max(results.count + 1, analyses.count))
        }
        return results
    }

    /// The first `count` records of a topic; waits as long as it takes. Tests have a time limit of their own.
    func records(_ count: Int, of topic: String) async throws -> [Record] {
        let consumer = try Consumer(
            .init(brokers: brokers, clientID: "tests"), group: "tests-\(UUID().uuidString)", topics: [topic],
            logger: Self.logger)
        var records: [Record] = []
        while records.count < count {
            do {
                if let record = try await consumer.poll(timeout: .seconds(1)) { records.append(record) }
            } catch let error as KafkaError where error.isRetriable {}
        }
        _ = await consumer.close(timeout: .seconds(5))
        return records
    }

    /// Waits until all jobs of a lane have their offsets committed.
    func untilCommitted(_ lane: Contracts.Lane = .interactive) async throws {
        let offsets = try GroupOffsets(
            .init(brokers: brokers, clientID: "tests"), group: topics.workerGroup(lane), logger: Self.logger)
        let topic = topics.jobs(lane)
        try await eventually { try await offsets.lag(in: [topic], timeout: .seconds(5))[topic] == 0 }
        await offsets.close()
    }
}

/// Waits until the condition holds, as long as it takes: tests have a time limit of their own.
func eventually(_ condition: () async throws -> Bool) async throws {
    while !(try await condition()) { try await Task.sleep(for: .milliseconds(20)) }
}
