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
                    INSERT INTO workers (name, host, slot, processes, release, model, state, sent_at, since)
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

    /// As the trainer writes it of faces that people corrected, on top of a shipped model.
    @Test func aModelOfOnesOwnPicturesIsNotSaidToBeFER2013s() async throws {
        let card = """
            {"name": "own", "version": "1", "created": "2026-11-24T08:00:00+00:00", "licence": "The operator's.",
             "data": {"name": "pictures of the operator's own (270)", "before": "FER2013 (Goodfellow et al., 2013)",
                      "faces": {"train": 243, "validation": 27, "test": 0}, "split": "10 %", "extra_labels": null},
             "classes": ["happy"],
             "metrics": {"validation": {"faces": 27, "accuracy": 0.75, "macro_f1": 0.7,
                "per_class": {"happy": {"precision": 1, "recall": 0.5, "f1": 0.66, "support": 27}},
                "confusion_matrix": [[27]], "sure": {"threshold": 0.55, "coverage": 0, "accuracy": null}},
                "public_test": null},
             "calibration": {}, "threshold": {"not_sure": 0.55}, "limits": ["It is small."], "published": []}
            """
        let models = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let folder = models.appendingPathComponent("own/1")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: models) }
        try Data(card.utf8).write(to: folder.appendingPathComponent("card.json"))
        try await Site.run(["MIEN_MODELS_DIR": models.path]) { site in
            let page = Self.main(try await site.person().get("/model").text)
            #expect(page.contains("pictures of the operator&#39;s own (270): 243 to learn from, 27 validation faces"))
            #expect(page.contains("a model trained on FER2013"))
            #expect(!page.contains("People agree with each other") && !page.contains("Beside published results"))
        }
    }

    private static func main(_ html: String) -> String {
        html.firstMatch(of: /<main[\s\S]*<\/main>/).map { String($0.output) } ?? ""
    }
}
