import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport
import Testing

/// Photos that harm the process that analyses them: each costs its tries and no other photo.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultTests {
    @Test(arguments: ["crash", "hang", "spin", "memory"])
    func aPhotoThatHarmsItsProcessIsGivenUpAndTheOthersGoOn(fault: String) async throws {
        let settings = ["MIEN_TEST_FAULTS": "yes", "MIEN_PHOTO_SECONDS": "2", "MIEN_WORKER_MEMORY_MB": "300"]
        try await Installation.with(processes: 2, settings: settings) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try Installation.astronaut()
            var good: [String] = []
            for _ in 0..<6 { good.append(try await ada.submit(photo)) }
            let harmful = try await ada.submit(photo + Array(":mien-fault-\(fault)".utf8))
            for _ in 0..<10 { good.append(try await ada.submit(photo)) }

            let given = try await ada.result(harmful)
            #expect(given.status == "failed")
            #expect(given.error?.code == "attempts_exhausted")
            #expect(given.error?.message.contains("5 times") == true)
            #expect(given.attempts == 5)
            for id in good {
                let result = try await ada.result(id)
                #expect(result.status == "finished", "\(result)")
                // A photo that was claimed ahead may be blamed once or twice; never so often that it is given up.
                #expect(result.attempts <= 3)
            }
            #expect(try await mien.openJobs() == 0)
            #expect(try await mien.finishedCount() == good.count)
            try await eventually("the dead letter is there") { try await mien.messages(on: "mien.jobs.dead") == 1 }
            try await eventually("the gateway's metrics tell of it") {
                let response = try await HTTPClient.shared.execute(
                    HTTPClientRequest(url: "\(mien.internalURL)/metrics"), timeout: .seconds(3))
                return try await String(buffer: response.body.collect(upTo: 1_000_000))
                    .contains("mien_dead_letters{topic=\"mien.jobs.dead\"} 1.0\n")
            }
            // Whatever was killed is there again.
            #expect(try await ada.result(ada.submit(photo)).status == "finished")
        }
    }
}
