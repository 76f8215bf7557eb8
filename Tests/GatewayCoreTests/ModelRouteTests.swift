import Foundation
import HummingbirdTesting
import Logging
import Postgres
import Testing

@testable import Analyses
@testable import GatewayCore
@testable import Operations

@Suite struct ModelRouteTests {
    /// The newest card of those that are there need not be the model that works.
    @Test func thePageIsAboutTheModelThatWorkersRun() async throws {
        let models = Site.root.appendingPathComponent("Services/Worker/Models")
        try await Site.run(["MIEN_MODELS_DIR": models.path]) { site in
            let ada = try await site.person()
            let cards = ModelCards(directory: models, logger: Logger(label: "tests")).entries.map(\.card)
            try #require(cards.count > 1)
            for (name, model, age) in [
                ("a", cards[1], 0), ("b", cards[1], 0), ("c", cards[0], 0), ("d", cards[0], 3_600),
                ("e", cards[0], 3_600),
            ] {
                try await site.database.execute(
                    """
                    INSERT INTO workers (name, host, slot, processes, release, model, state, heard_at, since)
                    VALUES (\(name), 'h', 1, 1, '1', \("\(model.name)/\(model.version)"), 'ready',
                        now() - make_interval(secs => \(Double(age))), now())
                    """)
            }
            let running = try await OperationsStore(database: site.database).runningModel()
            #expect(running?.name == cards[1].name && running?.version == cards[1].version)
            let (found, named) = (
                try await ada.get("/model").text, try await ada.get("/model/\(cards[1].name)/\(cards[1].version)").text
            )
            #expect(Self.main(found) == Self.main(named))
            try await site.database.execute("DELETE FROM workers")
            let newest = try await ada.get("/model/\(cards[0].name)/\(cards[0].version)").text
            #expect(Self.main(try await ada.get("/model").text) == Self.main(newest))
            #expect(Self.main(newest) != Self.main(named))
        }
    }

    private static func main(_ html: String) -> String {
        html.firstMatch(of: /<main[\s\S]*<\/main>/).map { String($0.output) } ?? ""
    }
}
