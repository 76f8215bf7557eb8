import Foundation
import TestSupport
import Testing

/// Three nodes of Apache Kafka, of which some go away under load: each photo ends once. One of the three coordinates the
/// consumers' groups, so whatever is done to one is done to each in turn.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClusterTests {
    /// Members with a name of their own, which keep their share while they are away, and members without.
    enum Members: String, CaseIterable, Sendable {
        case fixed = "yes"
        case dynamic = "no"
    }

    /// Submits photos before, during and after what `disturb` does, and accounts for every one.
    private func survives(
        _ members: Members = .dynamic, _ disturb: (Installation, @escaping () async throws -> Void) async throws -> Void
    ) async throws {
        let settings = [
            "MIEN_KAFKA_REPLICATION": "3", "MIEN_KAFKA_MIN_INSYNC": "2", "MIEN_KAFKA_STATIC_MEMBERS": members.rawValue,
        ]
        try await Installation.with(processes: 2, nodes: 3, settings: settings) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try Installation.astronaut()
            var ids: [String] = []
            let submit: () async throws -> Void = {
                for _ in 0..<4 { ids.append(try await ada.submit(photo)) }
            }
            try await submit()
            try await eventually("the first photo is done") { try await ada.analysis(ids[0]).isTerminal }
            try await disturb(mien, submit)
            try await submit()
            for id in ids {
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
            }
            // Late second results, if any, get the time to do harm before the count is read.
            try await eventually("nothing is under way") { try await mien.openJobs() == 0 }
            #expect(try await mien.finishedCount() == ids.count)
            #expect(try await mien.count("finished") == ids.count)
            // Whatever went away, the gateway itself did not.
            #expect(mien.gateway.isRunning)
        }
    }

    @Test(arguments: Members.allCases) func eachNodeIsKilledInTurn(_ members: Members) async throws {
        try await survives(members) { mien, submit in
            for node in 0..<3 {
                await mien.broker.kill(node: node)
                try await submit()
                // Longer than it takes until the others know.
                try await Task.sleep(for: .seconds(8))
                try await submit()
                try await mien.broker.restart(node: node)
            }
        }
    }

    /// A coordinator that hangs fences static members (FENCED_INSTANCE_ID, fatal for librdkafka): another consumer takes
    /// their place.
    @Test(arguments: Members.allCases) func eachNodeHangsInTurn(_ members: Members) async throws {
        try await survives(members) { mien, submit in
            for node in 0..<3 {
                await mien.broker.pause(node: node)
                try await submit()
                try await Task.sleep(for: .seconds(15))
                await mien.broker.resume(node: node)
                try await submit()
            }
        }
    }

    /// No topic takes anything then: two copies have to be written.
    @Test func twoNodesOfThreeAreAwayForHalfAMinute() async throws {
        try await survives { mien, submit in
            await mien.broker.kill(node: 0)
            await mien.broker.kill(node: 2)
            try await submit()
            try await Task.sleep(for: .seconds(30))
            try await submit()
            try await mien.broker.restart(node: 0)
            try await mien.broker.restart(node: 2)
        }
    }

    @Test func nodesAreRestartedOneAfterTheOther() async throws {
        try await survives { mien, submit in
            for node in 0..<3 {
                try await mien.broker.restart(node: node)
                try await submit()
            }
        }
    }

    @Test func topicsThatWereDeletedComeBackAsTheyWere() async throws {
        try await survives { mien, submit in
            let before = try await mien.partitions().filter { $0.key.hasPrefix("mien.") }
            try await mien.broker.deleteTopics("mien\\..*")
            try await submit()
            try await eventually("all topics are there again") {
                let now = try await mien.partitions()
                return before.allSatisfy { now[$0.key] == $0.value }
            }
        }
    }

    /// A node's exchanged disk: it comes back empty, and gets its copies from the others.
    @Test func eachNodeLosesItsDiskInTurn() async throws {
        try await survives { mien, submit in
            for node in 0..<3 {
                try await submit()
                await mien.broker.kill(node: node)
                try await submit()
                // Nobody exchanges a disk faster. A node that led the cluster's metadata and is back before the others have elected
                // another, which takes them two to three seconds, is told that it leads, knows nothing of it, and ends.
                try await Task.sleep(for: .seconds(6))
                try await mien.broker.wipe(node: node)
                try await submit()
                // The next one may go only when this one has its copies: two of three have to be there.
                try await eventually("all copies are in step") { try await mien.topicsBehind() == 0 }
            }
        }
    }

    /// Photos are kept in PostgreSQL, so a broker that forgets everything loses none.
    @Test func allNodesLoseTheirDisksAtOnce() async throws {
        try await survives { mien, submit in
            try await submit()
            try await mien.broker.wipe()
            try await submit()
        }
    }

    @Test func twoGatewaysOutliveEachNode() async throws {
        try await survives { mien, submit in
            try await mien.withSecondGateway { _, _ in
                for node in 0..<3 {
                    await mien.broker.kill(node: node)
                    try await submit()
                    try await Task.sleep(for: .seconds(6))
                    try await mien.broker.restart(node: node)
                }
                try await submit()
                try await eventually("all is done") { try await mien.openJobs() == 0 }
            }
        }
    }
}
