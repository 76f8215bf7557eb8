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

    /// What the doctor says of topics: word for word what a test of real clusters cannot hold still.
    @Test func topicsThatAreNotAsMienWouldMakeThemAreTold() {
        let wanted = [
            TopicSpecification(
                name: "jobs", partitions: 12, replicationFactor: 3,
                configuration: ["min.insync.replicas": "2", "segment.ms": "3600000"])
        ]
        let right = ["min.insync.replicas": "2", "segment.ms": "3600000", "retention.bytes": "1"]
        func findings(
            _ partitions: Int, _ copies: Int, _ inStep: Int, _ settings: [String: String]?
        ) -> [TopicFinding] {
            let topic = ClusterMetadata.Topic(partitions: partitions, copies: copies, copiesInStep: inStep)
            return TopicFinding.all(wanted, present: ["jobs": topic], settings: settings.map { ["jobs": $0] })
        }
        #expect(findings(12, 3, 3, right).isEmpty)
        // More than is asked for is nobody's harm, and what an operator has set besides stays.
        #expect(findings(24, 5, 5, right).isEmpty)
        // A broker that tells no settings is not suspected.
        #expect(findings(12, 3, 3, nil).isEmpty)
        let told = [
            (findings(1, 3, 3, right), TopicFinding.Severity.problem, "has 1 partition(s) in place of 12"),
            (findings(12, 1, 1, right), .problem, "has 1 copy in place of 3"),
            (findings(12, 2, 2, right), .problem, "has 2 copies in place of 3"),
            (findings(12, 3, 1, right), .problem, "1 is up to date, and 2 are needed: it takes nothing"),
            (findings(12, 3, 2, right), .warning, "2 are up to date: a broker is away"),
            (findings(12, 3, 3, ["segment.ms": "3600000"]), .warning, "min.insync.replicas is not set (Mien sets 2)"),
            (
                findings(12, 3, 3, right.merging(["segment.ms": "1"]) { $1 }), .warning,
                "segment.ms is 1 (Mien sets 3600000). What is done with stays"
            ),
            (findings(12, 3, 3, ["cleanup.policy": "compact"]), .problem, "is compacted"),
        ]
        for (found, severity, words) in told {
            #expect(found.count == 1 && found.first?.severity == severity, "\(words): \(found)")
            #expect(found.first?.description.contains(words) == true, "\(found)")
        }
        let missing = TopicFinding.all(wanted, present: [:], settings: [:])
        #expect(missing.map(\.description) == ["The topic jobs is missing. The gateway makes it when it runs."])
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
