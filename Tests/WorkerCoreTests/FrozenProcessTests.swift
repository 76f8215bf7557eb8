import Contracts
import Foundation
import Glibc
import Kafka
import TestSupport
import Testing

@testable import WorkerCore

extension WorkerProcessTests {
    /// A broker that gives a silent member's partitions to others, as Apache Kafka does and the private broker does not.
    @Suite struct FrozenProcessTests {
        @Test func anotherTakesOverFromAFrozenProcessWhichGoesOnWhenItWakes() async throws {
            let cluster = try MockCluster()
            let scene = try await Scene.make(on: cluster, partitions: 4)
            let program = try RunningProgram(scene, processes: 2, settings: ["MIEN_KAFKA_STATIC_MEMBERS": "no"])
            try await program.untilReady(2)
            let frozen = try #require(program.pid(slot: 1))
            kill(frozen, SIGSTOP)
            let reader = try ResultReader(scene)
            var sent: Set<String> = []
            for _ in 0..<8 { sent.insert(try await scene.send()) }
            // Its partitions' jobs are among them; they come after the session time-out of six seconds.
            try await eventually { try await sent.isSubset(of: reader.results().map(\.analysisID)) }
            #expect(try await reader.results().allSatisfy { RunningProgram.slot(of: $0.worker) == 2 })
            kill(frozen, SIGCONT)
            // It gets its share again, and works.
            try await eventually {
                sent.insert(try await scene.send())
                return try await reader.results().contains { RunningProgram.slot(of: $0.worker) == 1 }
            }
            try await eventually { try await sent.isSubset(of: reader.results().map(\.analysisID)) }
            await reader.close()
            // It was not killed: the freeze was shorter than the supervisor's patience.
            #expect(program.health?.children.map(\.restarts) == [0, 0])
            #expect(program.pid(slot: 1) == frozen)
            #expect(try await program.stop().status == 0)
        }
    }
}
