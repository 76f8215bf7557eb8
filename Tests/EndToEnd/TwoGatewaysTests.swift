import Foundation
import TestSupport
import Testing

/// Gateways side by side keep nothing that the others lack: sessions and notifications are in PostgreSQL, the partitions
/// of the results are shared out by the consumer group.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TwoGatewaysTests {
    @Test func aPersonMayChangeTheGatewayAtAnyStep() async throws {
        try await Installation.with { mien in
            try await mien.withSecondGateway { _, second in
                let ada = Visitor(mien.url)
                try await ada.register()
                await ada.move(to: second)
                let id = try await ada.submit(try Installation.astronaut())
                await ada.move(to: mien.url)
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
                let sent = try await ada.submit(try Installation.astronaut())
                await ada.move(to: second)
                #expect(try await ada.result(sent).status == "finished")
            }
        }
    }

    @Test func aKilledGatewayBesideAnotherLosesNothing() async throws {
        try await Installation.with { mien in
            try await mien.withSecondGateway { process, second in
                let ada = Visitor(mien.url)
                try await ada.register()
                let astronaut = try Installation.astronaut()
                var ids: [String] = []
                for number in 0..<16 {
                    await ada.move(to: number.isMultiple(of: 2) ? second : mien.url)
                    ids.append(try await ada.submit(astronaut))
                }
                try await process.killNow()
                // Apache Kafka gives a dead member's partitions to the other; this test's broker keeps them for it.
                try process.start()
                await ada.move(to: mien.url)
                for id in ids {
                    let result = try await ada.result(id)
                    #expect(result.status == "finished", "\(result)")
                }
                try await eventually("nothing is under way") { try await mien.openJobs() == 0 }
                #expect(try await mien.finishedCount() == ids.count)
            }
        }
    }
}
