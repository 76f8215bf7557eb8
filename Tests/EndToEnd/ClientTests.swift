import Foundation
import TestSupport
import Testing

/// The client in Deploy/clients, which knows of Mien only what the page about the API tells.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClientTests {
    private struct Result: Decodable {
        let id: String
        let status: String
    }

    private static func run(
        _ mien: Installation, token: String, _ photos: [String]
    ) async throws -> FinishedCommand {
        let client = Installation.root.appending(path: "Deploy/clients/mien.py").path
        return try await FinishedCommand.run(
            URL(fileURLWithPath: "/usr/bin/python3"), [client, mien.url] + photos, environment: ["MIEN_TOKEN": token])
    }

    private static func token(_ mien: Installation) async throws -> String {
        let ada = Visitor(mien.url)
        try await ada.register()
        let made = try await mien.command(["token", "create", ada.email])
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func aHundredPhotosSurviveAKilledGatewayAndEachHasOneResult() async throws {
        try await Installation.with(processes: 2) { mien in
            let token = try await Self.token(mien)
            let photo = Installation.root.appending(path: "Tests/Fixtures/astronaut.jpg").path
            async let client = Self.run(mien, token: token, Array(repeating: photo, count: 100))
            for floor in [5, 40] {
                try await eventually("\(floor) photos are taken") { try await mien.analysisCount() >= floor }
                try await mien.gateway.killNow()
                try mien.gateway.start()
                try await mien.untilReady()
            }
            let finished = try await client
            #expect(finished.status == 0, "\(finished.errors)")
            let lines = finished.output.split(separator: "\n")
            let results = try lines.map { try JSONDecoder().decode(Result.self, from: Data($0.utf8)) }
            #expect(results.count == 100)
            #expect(Set(results.map(\.id)).count == 100, "each photo has an analysis of its own")
            #expect(results.allSatisfy { $0.status == "finished" })
            #expect(try await mien.analysisCount() == 100, "nothing was taken twice")
            #expect(try await mien.finishedCount() == 100)
        }
    }

    @Test func whatCannotBeAnalysedIsSaidAndTheOthersGoOn() async throws {
        try await Installation.with { mien in
            let token = try await Self.token(mien)
            let photo = Installation.root.appending(path: "Tests/Fixtures/astronaut.jpg").path
            let text = Installation.root.appending(path: "README.md").path
            let mixed = try await Self.run(mien, token: token, [text, photo])
            #expect(mixed.status == 1)
            #expect(mixed.output.contains("refused") && mixed.output.contains("finished"))
            let wrong = try await Self.run(mien, token: token + "x", [photo])
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("The API token is not valid."))
        }
    }
}
