import Foundation
import Logging
import TestSupport

@testable import Kafka

/// What most tests need: brokers, and topics and groups that no other test uses.
struct Scene: Sendable {
    let brokers: String
    let topic = "test-\(UUID().uuidString.lowercased())"
    let group = "group-\(UUID().uuidString.lowercased())"

    /// A topic on the shared broker, or on one of its own for a test that breaks it.
    static func make(partitions: Int = 1, on own: PrivateBroker? = nil) async throws -> Scene {
        let broker = if let own { own } else { try await PrivateBroker.shared() }
        let scene = Scene(brokers: broker.brokers)
        try await scene.createTopic(partitions: partitions)
        return scene
    }

    func createTopic(partitions: Int = 1) async throws {
        let admin = try admin()
        try await admin.createTopics([TopicSpecification(name: topic, partitions: partitions)])
        await admin.close()
    }

    static var logger: Logger {
        var logger = Logger(label: "mien.tests.kafka")
        logger.logLevel =
            ProcessInfo.processInfo.environment["MIEN_TEST_LOG"].flatMap { Logger.Level($0) }
            ?? .critical
        return logger
    }

    func configuration(_ options: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(brokers: brokers, clientID: "mien-tests", options: options)
    }

    func admin() throws -> Admin {
        try Admin(configuration(), logger: Self.logger)
    }

    func offsets(memory: Duration = .seconds(60)) throws -> GroupOffsets {
        try GroupOffsets(configuration(), group: group, memory: memory, logger: Self.logger)
    }

    func producer(_ options: [String: String] = [:]) throws -> Producer {
        try Producer(configuration(options), logger: Self.logger)
    }

    func consumer(_ options: [String: String] = [:]) throws -> Consumer {
        try Consumer(configuration(options), group: group, topics: [topic], logger: Self.logger)
    }

    /// Sends numbers as values.
    func send(_ numbers: Range<Int>, with producer: Producer) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in numbers {
                tasks.addTask {
                    _ = try await producer.send(
                        topic: topic, key: Array("\(number)".utf8), value: Array("\(number)".utf8))
                }
            }
            try await tasks.waitForAll()
        }
    }
}

extension Record {
    var number: Int? { value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
}

extension Consumer {
    /// The next record; polls as long as it takes. Tests have a time limit of their own.
    func next() async throws -> Record {
        while true {
            if let record = try await poll(timeout: .seconds(1)) { return record }
        }
    }

    func next(_ count: Int) async throws -> [Record] {
        var records: [Record] = []
        while records.count < count { records.append(try await next()) }
        return records
    }
}
