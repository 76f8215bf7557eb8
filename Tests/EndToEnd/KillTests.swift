import Foundation
import TestSupport
import Testing

/// Every part is killed in the middle of the work and started again; every accepted photo must end in exactly one
/// terminal state, and the person's count must be right.
@Suite(.serialized, .timeLimit(.minutes(10))) struct KillTests {
    static let photos = 24

    /// Submits photos, lets `disturb` do its harm once some are done, and accounts for every one.
    private func survives(
        processes: Int = 1, _ disturb: (Installation) async throws -> Void
    ) async throws {
        try await Installation.with(processes: processes) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let astronaut = try Installation.astronaut()
            var ids: [String] = []
            for _ in 0..<Self.photos { ids.append(try await ada.submit(astronaut)) }
            try await eventually("the first photo is done") { try await ada.analysis(ids[0]).isTerminal }
            try await disturb(mien)
            var finished = 0
            for id in ids {
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
                finished += result.status == "finished" ? 1 : 0
            }
            // Late second results, if any, get the time to do harm before the count is read.
            try await eventually("nothing is under way") {
                try await mien.openJobs() == 0
            }
            #expect(try await mien.finishedCount() == finished)
            #expect(finished == Self.photos)
        }
    }

    @Test func killedWorkersLoseNothing() async throws {
        try await survives(processes: 2) { mien in
            try await mien.worker.killNow()
            try mien.worker.start()
        }
    }

    @Test func aKilledGatewayLosesNothing() async throws {
        try await survives { mien in
            try await mien.gateway.killNow()
            try mien.gateway.start()
            try await mien.untilReady()
        }
    }

    @Test func aKilledBrokerLosesNothing() async throws {
        try await survives { mien in
            await mien.broker.kill()
            try await mien.broker.restart()
        }
    }

    @Test func aBrokerThatLosesItsDiskLosesNothing() async throws {
        try await survives { mien in
            await mien.broker.kill()
            try await mien.broker.wipe()
            try await mien.broker.restart()
        }
    }

    @Test func aKilledDatabaseLosesNothing() async throws {
        try await survives { mien in
            await mien.postgres.kill()
            // Longer than a worker would ask a gateway that answers as if something were wrong with the photo.
            try await Task.sleep(for: .seconds(6))
            try await mien.postgres.restart()
            #expect(!mien.worker.output.contains("Unexpected answer to a claim"))
        }
    }

    @Test func stoppingIsGracefulAndLosesNothing() async throws {
        try await survives { mien in
            mien.worker.signal(SIGTERM)
            mien.gateway.signal(SIGTERM)
            #expect(try await mien.worker.exitStatus(within: .seconds(10)) == 0)
            #expect(try await mien.gateway.exitStatus(within: .seconds(10)) == 0)
            try mien.gateway.start()
            try mien.worker.start()
            try await mien.untilReady()
        }
    }
}
