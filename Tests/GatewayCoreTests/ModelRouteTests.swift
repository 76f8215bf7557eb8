import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Kafka
import Logging
import Postgres
import ServiceSupport
import Synchronization
import Testing

@testable import Accounts
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
            let logger = Logger(label: "tests")
            // It never runs: heartbeats are recorded directly.
            let registry = WorkerRegistry(
                database: site.database, consumer: SupervisedConsumer(logger: logger) { throw CancellationError() },
                logger: logger)
            for (name, model, age) in [
                ("a", cards[1], 0), ("b", cards[1], 0), ("c", cards[0], 0), ("d", cards[0], 3_600),
                ("e", cards[0], 3_600),
            ] {
                var beat = WorkerHeartbeat()
                (beat.worker, beat.host, beat.slot, beat.processes) = (name, "host", 1, 1)
                (beat.release, beat.state) = ("1", .ready)
                (beat.model.name, beat.model.version) = (model.name, model.version)
                try await registry.record(beat)
                try await site.database.execute(
                    "UPDATE workers SET sent_at = now() - make_interval(secs => \(Double(age))) WHERE name = \(name)")
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

    /// Everybody may load the page, and what people said is counted over all that there is.
    @Test func whatPeopleSaidIsCountedOnceForManyVisits() async throws {
        let models = Site.root.appendingPathComponent("Services/Worker/Models")
        try await Site.run(["MIEN_MODELS_DIR": models.path]) { site in
            let ada = try await site.person()
            let card = try #require(ModelCards(directory: models, logger: Logger(label: "tests")).entries.first?.card)
            func correct() async throws {
                let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
                _ = try await site.store.correct(id, face: 1, as: .sad, mayTrain: false, owner: ada.user.id)
                try await site.database.execute(
                    "UPDATE analyses SET model_name = \(card.name), model_version = \(card.version)")
            }
            try await correct()
            let first = Self.main(try await ada.get("/model").text)
            try await correct()
            let figures = try await site.store.correctionFigures(
                of: ModelReference(name: card.name, version: card.version))
            #expect(figures.map(\.faces) == [2])
            #expect(Self.main(try await ada.get("/model").text) == first)
            #expect(Self.main(try await ada.get("/model/\(card.name)/\(card.version)").text) == first)
        }
    }

    @Test func oneReadsWhileOthersGetWhatWasReadBefore() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let reads = Atomic(0)
        let read: @Sendable () async throws -> Int = {
            let count = reads.add(1, ordering: .relaxed).newValue
            for await _ in gate.prefix(1) {}
            if count == 3 { throw CancellationError() }
            return count
        }
        // Nothing is there yet: both wait for one reading, which goes on without whoever began it.
        let kept = Kept<String, Int>(for: .seconds(60))
        let first = Task { try await kept.value(of: "a", read) }
        while reads.load(ordering: .relaxed) < 1 { try await Task.sleep(for: .milliseconds(1)) }
        let second = Task { try await kept.value(of: "a", read) }
        first.cancel()
        open.yield()
        #expect(try await second.value == 1)
        #expect(reads.load(ordering: .relaxed) == 1)
        // What is too old is given at once, to whoever has it read again as well, and stays when that fails.
        let aged = Kept<String, Int>(for: .zero)
        open.yield()
        #expect(try await aged.value(of: "a", read) == 2)
        for _ in 0..<2 { #expect(try await aged.value(of: "a", read) == 2) }
        while reads.load(ordering: .relaxed) < 3 { try await Task.sleep(for: .milliseconds(1)) }
        open.yield()
        while reads.load(ordering: .relaxed) < 4 {
            #expect(try await aged.value(of: "a", read) == 2)
            try await Task.sleep(for: .milliseconds(1))
        }
        open.yield()
        while try await aged.value(of: "a", read) == 2 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await aged.value(of: "a", read) == 4)
        open.finish()
    }

    @Test func whatCannotBeReadIsTriedNoMoreOftenThanWhatCan() async throws {
        let reads = Atomic(0)
        let read: @Sendable () async throws -> Int = {
            if reads.add(1, ordering: .relaxed).newValue != 2 { throw CancellationError() }
            return 1
        }
        let kept = Kept<String, Int>(for: .seconds(60))
        for _ in 0..<3 {
            await #expect(throws: CancellationError.self) { _ = try await kept.value(of: "a", read) }
        }
        #expect(reads.load(ordering: .relaxed) == 1)
        // The same where something was read before.
        let brief = Kept<String, Int>(for: .seconds(2))
        #expect(try await brief.value(of: "a", read) == 1)
        try await Task.sleep(for: .seconds(2.1))
        for _ in 0..<3 { #expect(try await brief.value(of: "a", read) == 1) }
        while reads.load(ordering: .relaxed) < 3 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await brief.value(of: "a", read) == 1)
        #expect(reads.load(ordering: .relaxed) == 3)
    }

    @Test func thePageIsThereWithoutWhatPeopleSaid() async throws {
        let models = Site.root.appendingPathComponent("Services/Worker/Models")
        try await Site.run(["MIEN_MODELS_DIR": models.path]) { site in
            let ada = try await site.person()
            try await site.database.execute("ALTER FUNCTION face_looks(jsonb, jsonb) RENAME TO no_looks")
            let answer = try await ada.get("/model")
            #expect(answer.status == .ok && !answer.text.contains("What people said"))
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
