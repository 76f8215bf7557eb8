import Foundation
import TestSupport
import Testing

/// Workers come, go and freeze while photos are under way: each photo ends once.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RebalanceTests {
    static let photos = 40

    /// Submits photos by and by, lets `disturb` do its work meanwhile, and accounts for every photo.
    private func survives(
        processes: Int = 1, _ disturb: (Installation, @escaping () async throws -> Void) async throws -> Void
    ) async throws {
        try await Installation.with(processes: processes) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try Installation.astronaut()
            var ids: [String] = []
            try await disturb(mien) {
                for _ in 0..<10 { ids.append(try await ada.submit(photo)) }
            }
            while ids.count < Self.photos { ids.append(try await ada.submit(photo)) }
            for id in ids {
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
            }
            // Late second results, if any, get the time to do harm before the count is read.
            try await eventually("nothing is under way") { try await mien.openJobs() == 0 }
            #expect(try await mien.finishedCount() == ids.count)
            #expect(try await mien.count("finished") == ids.count)
        }
    }

    private func isReady(_ worker: ManagedProcess, _ processes: Int) async throws {
        try await eventually("\(processes) processes have their shares") {
            let assigned = worker.output.components(separatedBy: "Kafka partitions assigned").count - 1
            return assigned >= 2 * processes
        }
    }

    @Test func fromOneProcessToFourAndBackToTwoLosesNothing() async throws {
        try await survives { mien, submit in
            try await submit()
            let day = try mien.startWorker("day-shift", processes: 1)
            let night = try mien.startWorker("night-shift", processes: 2)
            try await isReady(day, 1)
            try await isReady(night, 2)
            try await submit()
            try await mien.stop(mien.worker)
            try await mien.stop(day)
            try await submit()
            try await eventually("two processes go on") { try await mien.openJobs() == 0 }
            try await submit()
            try await eventually("all is done") { try await mien.openJobs() == 0 }
            try await mien.stop(night)
            try mien.worker.start()
        }
    }

    @Test func aFrozenProcessIsOutlivedAndGoesOn() async throws {
        try await survives(processes: 2) { mien, submit in
            try await submit()
            let children = ManagedProcess.children(of: mien.worker.processIdentifier)
            let frozen = try #require(children.first)
            kill(frozen, SIGSTOP)
            try await submit()
            // Past the session time-out of 6 s, not past the supervisor's patience of 30 s.
            try await Task.sleep(for: .seconds(13))
            kill(frozen, SIGCONT)
            try await submit()
            try await eventually("all is done") { try await mien.openJobs() == 0 }
            #expect(ManagedProcess.children(of: mien.worker.processIdentifier).contains(frozen))
        }
    }

    @Test func aFrozenSupervisorGoesOnWithTheSameProcesses() async throws {
        try await survives(processes: 2) { mien, submit in
            try await submit()
            let children = Set(ManagedProcess.children(of: mien.worker.processIdentifier))
            mien.worker.signal(SIGSTOP)
            try await submit()
            try await Task.sleep(for: .seconds(35))
            mien.worker.signal(SIGCONT)
            try await submit()
            try await eventually("all is done") { try await mien.openJobs() == 0 }
            #expect(Set(ManagedProcess.children(of: mien.worker.processIdentifier)) == children)
        }
    }

    @Test func aRestartedBrokerIsFoundAgain() async throws {
        try await survives(processes: 2) { mien, submit in
            try await submit()
            try await mien.broker.restart()
            try await submit()
            // Away for a while, and not only for a moment.
            await mien.broker.pause()
            try await submit()
            try await Task.sleep(for: .seconds(12))
            await mien.broker.resume()
            try await submit()
        }
    }

    @Test func aRestartedGatewayIsFoundAgain() async throws {
        try await survives(processes: 2) { mien, submit in
            try await submit()
            try await mien.stop(mien.gateway)
            // The workers ask for photos meanwhile, and wait.
            try await Task.sleep(for: .seconds(5))
            try mien.gateway.start()
            try await mien.untilReady()
            try await submit()
        }
    }
}
