import Contracts
import Foundation
import Kafka
import Settings
import Testing

@testable import Analyses
@testable import GatewayCore
@testable import Operations

@Suite struct TopicTests {
    private func reader(_ given: [String: String]) -> SettingsReader {
        let environment = [
            "MIEN_DATABASE_URL": "postgres://unused", "MIEN_KAFKA_BROKERS": "unused",
            "MIEN_SECRET": String(repeating: "s", count: 32),
            "MIEN_MIGRATIONS_DIR": Site.root.appendingPathComponent("Migrations").path,
        ]
        return SettingsReader(environment: environment.merging(given) { _, given in given })
    }

    private func specifications(_ given: [String: String]) -> [TopicSpecification] {
        GatewayConfiguration(reader(given)).topicSettings.specifications(of: Topics())
    }

    @Test func topicsAreMadeAsTheSettingsSay() {
        let made = specifications([
            "MIEN_KAFKA_PARTITIONS": "24", "MIEN_KAFKA_REPLICATION": "3", "MIEN_KAFKA_MIN_INSYNC": "2",
        ])
        #expect(made.map(\.name) == Topics().all)
        #expect(made.allSatisfy { $0.replicationFactor == 3 && $0.configuration["min.insync.replicas"] == "2" })
        let heartbeats = made.filter { $0.name == Topics().workers }
        #expect(heartbeats.map(\.partitions) == [1])
        #expect(heartbeats.map { $0.configuration["retention.ms"] } == ["3600000"])
        #expect(made.filter { $0.name != Topics().workers }.allSatisfy { $0.partitions == 24 })
        // Results hold pictures, which must not lie on a broker's disk for Kafka's week.
        let results = made.first { $0.name == Topics().results }
        #expect(results?.configuration["segment.ms"] == "3600000")
        #expect(results?.configuration["segment.bytes"] == "16777216")
        #expect(results?.configuration["retention.ms"] == "86400000")
        // Dead letters are for people to look at.
        #expect(made.first { $0.name == Topics().deadJobs }?.configuration["retention.ms"] == nil)
    }

    @Test(arguments: [[:], ["MIEN_KAFKA_MIN_INSYNC": ""]] as [[String: String]])
    func whereNothingIsSetTheBrokersOwnMinimumHolds(given: [String: String]) {
        #expect(specifications(given).allSatisfy { $0.configuration["min.insync.replicas"] == nil })
    }

    @Test(arguments: ["0", "3", "two"])
    func aMinimumThatTheCopiesCannotReachIsRefused(text: String) {
        let settings = reader(["MIEN_KAFKA_REPLICATION": "2", "MIEN_KAFKA_MIN_INSYNC": text])
        _ = GatewayConfiguration(settings)
        let error = #expect(throws: SettingsError.self) { try settings.check() }
        #expect(
            error?.problems == [
                "MIEN_KAFKA_MIN_INSYNC is \"\(text)\". It takes a whole number from 1 to MIEN_KAFKA_REPLICATION (2)."
            ])
    }
}
