import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations
@testable import Reports

/// Pictures with the faces drawn: asked for, drawn by a worker, answered and gone again.
@Suite struct DrawnPictureTests {
    /// A worker with the ticket of a job.
    private struct Worker {
        let site: Site
        let id: UUID
        var picture = DrawnPicture.full
        var generation = 1

        func send(
            _ method: HTTPRequest.Method, _ body: [UInt8]? = nil, ticket: UUID? = nil, attempt: Int? = nil,
            claim: UUID? = nil
        ) async throws -> TestResponse {
            let ticket = TicketSigner(secret: site.secret).issue(ticket ?? id, generation: generation)
            var headers: HTTPFields = [.authorization: "Bearer \(ticket)"]
            headers[.mienAttempt] = attempt.map { "\($0)" }
            headers[.mienClaim] = claim?.uuidString
            let path = picture == .full ? "drawing" : "annotated"
            return try await site.workers.executeRequest(
                uri: "/photos/\(id.lower)/\(path)", method: method, headers: headers,
                body: body.map { ByteBuffer(bytes: $0) })
        }
    }

    /// As it was counted at a claim.
    private func attempt(_ claim: TestResponse) throws -> Int {
        try #require(claim.headers[.mienAttempt].flatMap { Int($0) })
    }

    private let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 7, count: 300_000) + [0xFF, 0xD9]

    private func outbox(_ site: Site) async throws -> [String] {
        try await site.database.query("SELECT kind FROM outbox ORDER BY id").map { try $0.decode(String.self) }
    }

    @Test func itIsAskedForOnceDrawnAndAnswered() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), Site.face(2, "sad", 0.4, notSure: true)])
            try await site.database.execute("DELETE FROM outbox")
            let path = "/analyses/\(id.lower)/full.jpg"
            #expect(try await eve.get(path).status == .notFound)
            for _ in 0..<3 {
                let answer = try await ada.get(path)
                #expect(answer.status == .accepted && answer.headers[.retryAfter] == "2")
            }
            #expect(try await outbox(site) == ["draw"])

            let worker = Worker(site: site, id: id)
            #expect(try await worker.send(.get, ticket: UUID()).status == .forbidden)
            let claim = try await worker.send(.get)
            #expect(try claim.status == .ok && attempt(claim) > 0)
            let drawing = try Mien_V1_Drawing.decode(claim.bytes)
            #expect(try [UInt8](drawing.photo) == Site.sample())
            #expect(drawing.faces.map(\.number) == [1, 2] && drawing.faces.map(\.notSure) == [false, true])
            #expect(drawing.faces[0].box.width == 61 && abs(drawing.faces[0].probabilities[3] - 0.873) < 1e-6)

            #expect(try await worker.send(.put, Array(jpeg.dropLast())).status == .unprocessableContent)
            #expect(try await worker.send(.put, jpeg).status == .noContent)
            let answer = try await ada.get(path + "?download")
            #expect(answer.status == .ok && answer.bytes == jpeg)
            #expect(answer.headers[.contentType] == "image/jpeg")
            let name = "mien-\(id.lower.prefix(8))-full.jpg"
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"\(name)\"")
            #expect(try await worker.send(.put, jpeg).status == .gone)
            #expect(try await worker.send(.get).status == .gone)
            #expect(try await eve.get(path).status == .notFound)
            #expect(try await ada.get("/api/v1/analyses/\(id.lower)/full").bytes == jpeg)
            #expect(try await ada.get("/api/v1/analyses/\(id.lower)/full?wait=x").status == .badRequest)

            // An hour later it is gone, and drawn anew when it is asked for.
            try await site.database.execute("UPDATE full_pictures SET asked_at = now() - interval '61 minutes'")
            #expect(try await DrawnPicture.sweep(site.database) == 1)
            #expect(try await ada.get(path).status == .accepted)
        }
    }

    @Test func whatPeopleSaidIsDrawnAndWhatWasDrawnBeforeIsNotTaken() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(
                of: ada.user.id,
                faces: [Site.face(1, "happy"), Site.face(2, "sad", 0.4, notSure: true), Site.face(3, "fear")])
            let path = "/analyses/\(id.lower)/full.jpg"
            let worker = Worker(site: site, id: id)
            #expect(try await ada.get(path).status == .accepted)
            let former = try attempt(try await worker.send(.get))

            let owner = ada.user.id
            _ = try await site.store.correct(id, face: 1, as: .surprise, mayTrain: false, owner: owner)
            _ = try await site.store.correct(id, face: 2, as: .cannotTell, mayTrain: false, owner: owner)
            _ = try await site.store.correct(id, face: 3, as: .notAFace, mayTrain: false, owner: owner)
            let box = FaceResult.Box(x: 4, y: 4, width: 20, height: 20)
            _ = try await site.store.markFace(id, box, as: .angry, mayTrain: false, owner: owner)
            // Drawn before it was said, with the attempt and without.
            #expect(try await worker.send(.put, jpeg, attempt: former).status == .gone)
            #expect(try await worker.send(.put, jpeg).status == .gone)

            #expect(try await ada.get(path).status == .accepted)
            let claim = try await worker.send(.get)
            let drawing = try Mien_V1_Drawing.decode(claim.bytes)
            #expect(drawing.faces.map(\.number) == [1, 2, 4])
            #expect(drawing.faces.map(\.said) == ["surprise", "cannot_tell", "angry"])
            #expect(drawing.faces.map(\.emotion) == [.happy, .sad, .angry])
            #expect(try await worker.send(.put, jpeg, attempt: former).status == .gone)
            #expect(try await worker.send(.put, jpeg, attempt: attempt(claim)).status == .noContent)
            #expect(try await ada.get(path).bytes == jpeg)

            // Each new word makes another picture, however many there were.
            for look in [SaidLook.sad, .happy, .fear, .angry] {
                _ = try await site.store.correct(id, face: 1, as: look, mayTrain: false, owner: owner)
                #expect(try await ada.get(path).status == .accepted)
                let claim = try await worker.send(.get)
                #expect(try Mien_V1_Drawing.decode(claim.bytes).faces[0].said == look.rawValue)
                #expect(try await worker.send(.put, jpeg, attempt: attempt(claim)).status == .noContent)
            }
        }
    }

    @Test(arguments: DrawnPicture.allCases)
    func aClaimWaitsForACorrectionThatIsBeingMade(picture: DrawnPicture) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await analysis(site, of: ada.user.id)
            _ = try await picture.ask(id, owner: ada.user.id, in: site.database)
            let said = try Correction.json([
                Correction(box: Site.face(1, "happy").box, look: .sad, mayTrain: false)
            ])
            // What a correction does.
            let claiming = try await site.database.withTransaction { connection in
                try await connection.execute("UPDATE analyses SET corrections = \(said)::jsonb WHERE id = \(id)")
                try await DrawnPicture.discard(id, in: connection)
                let claiming = Task { try await picture.claim(id, generation: 1, in: site.database)?.drawing }
                try await site.waitForLocks()
                return claiming
            }
            let drawing = try #require(try await claiming.value)
            #expect(drawing.faces.map(\.said) == ["sad"])
        }
    }

    @Test func whoeverWaitsForTheSameIsToldOnce() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await analysis(site, of: ada.user.id)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let state = try? await DrawnPicture.annotated.ask(id, owner: ada.user.id, in: site.database)
                        #expect(state?.isDrawing == true)
                    }
                }
            }
            #expect(try await outbox(site) == ["annotate"])
        }
    }

    @Test func whatCannotBeDrawnSaysWhy() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let open = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/analyses/\(open.lower)/full.jpg").status == .conflict)
            #expect(try await ada.get("/analyses/\(UUID().lower)/full.jpg").status == .notFound)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            #expect(try await Worker(site: site, id: id).send(.get).status == .gone)
            #expect(try await ada.get("/analyses/\(id.lower)/full.jpg").status == .accepted)
            #expect(try await Worker(site: site, id: id, generation: 2).send(.get).status == .gone)
            #expect(try await Worker(site: site, id: id).send(.get).status == .ok)
            #expect(try await Worker(site: site, id: id).send(.put, []).status == .noContent)
            let answer = try await ada.get("/api/v1/analyses/\(id.lower)/full")
            #expect(answer.status == .unprocessableContent && answer.text.contains("\"not_drawn\""))
            // With the photo goes what was drawn of it.
            try await site.database.execute("DELETE FROM photos WHERE analysis_id = \(id)")
            #expect(try await ada.get("/api/v1/analyses/\(id.lower)/full").text.contains("\"photo_gone\""))
            #expect(try await site.database.query("SELECT 1 FROM full_pictures").isEmpty)
        }
    }

    @Test func aLostMessageIsSentAgainAndADrawingThatEndsItsWorkerIsGivenUp() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let path = "/analyses/\(id.lower)/full.jpg"
            var attempts: [Int] = []
            for _ in 1...3 {
                try await site.database.execute("DELETE FROM outbox")
                #expect(try await ada.get(path).status == .accepted)
                #expect(try await outbox(site) == ["draw"])
                attempts.append(try attempt(try await Worker(site: site, id: id).send(.get)))
                try await site.database.execute("UPDATE full_pictures SET asked_at = now() - interval '2 minutes'")
            }
            #expect(attempts == [attempts[0], attempts[0] + 1, attempts[0] + 2])
            #expect(try await Worker(site: site, id: id).send(.get).status == .gone)
            #expect(try await ada.get(path).status == .unprocessableContent)
        }
    }

    @Test func aClaimThatIsSentAgainIsTheSameAttemptUntilSomethingElseIsToBeDrawn() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let (path, worker, claim) = ("/analyses/\(id.lower)/full.jpg", Worker(site: site, id: id), UUID())
            #expect(try await ada.get(path).status == .accepted)
            let former = try attempt(try await worker.send(.get, claim: claim))
            for _ in 0..<5 { #expect(try attempt(try await worker.send(.get, claim: claim)) == former) }
            _ = try await site.store.correct(id, face: 1, as: .sad, mayTrain: false, owner: ada.user.id)
            #expect(try await ada.get(path).status == .accepted)
            let again = try await worker.send(.get, claim: claim)
            #expect(try Mien_V1_Drawing.decode(again.bytes).faces[0].said == "sad")
            #expect(try await worker.send(.put, jpeg, attempt: former).status == .gone)
            #expect(try await worker.send(.put, jpeg, attempt: attempt(again)).status == .noContent)
        }
    }

    @Test func soManyAreKeptForOnePerson() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            for number in 0...DrawnPicture.full.maxPerPerson {
                let id = try await site.analysis(of: ada.user.id)
                let status = try await ada.get("/analyses/\(id.lower)/full.jpg").status
                #expect(status == (number < DrawnPicture.full.maxPerPerson ? .accepted : .tooManyRequests))
            }
            let other = try await site.analysis(of: eve.user.id)
            #expect(try await eve.get("/analyses/\(other.lower)/full.jpg").status == .accepted)
        }
    }

    /// A finished analysis without the annotated picture that workers handed over before it was drawn on demand.
    private func analysis(_ site: Site, of owner: UUID, faces: [FaceResult] = [Site.face(1, "happy")]) async throws
        -> UUID
    {
        let id = try await site.analysis(of: owner, faces: faces)
        try await site.database.execute("UPDATE previews SET annotated = NULL WHERE analysis_id = \(id)")
        try await site.database.execute("DELETE FROM outbox")
        return id
    }

    @Test func theAnnotatedPictureIsDrawnOnTheCleanOneAndKeptForAWhile() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let id = try await analysis(site, of: ada.user.id)
            // The photo itself is not needed.
            try await site.database.execute("DELETE FROM photos WHERE analysis_id = \(id)")
            let path = "/analyses/\(id.lower)/annotated.jpg"
            #expect(try await eve.get(path).status == .notFound)
            let early = try await ada.get(path + "?wait=0")
            #expect(early.status == .serviceUnavailable && early.headers[.retryAfter] == "2")
            #expect(early.text.contains("href=\"\(path)?wait=0\">Try again"))
            #expect(try await outbox(site) == ["annotate"])

            let worker = Worker(site: site, id: id, picture: .annotated)
            #expect(try await Worker(site: site, id: id).send(.get).status == .gone)
            let claim = try await worker.send(.get)
            let drawing = try Mien_V1_Drawing.decode(claim.bytes)
            #expect(try [UInt8](drawing.photo) == Site.sample())
            #expect(drawing.isOnCleanPicture && (drawing.width, drawing.height) == (512, 512))
            #expect(drawing.faces.map(\.number) == [1])

            // Whoever waits is answered as soon as it is there.
            async let waiting = ada.get(path)
            #expect(try await worker.send(.put, jpeg, attempt: attempt(claim)).status == .noContent)
            // As the notification does.
            await site.changes.wake(id)
            let answer = try await waiting
            #expect(answer.status == .ok && answer.bytes == jpeg && answer.headers[.contentType] == "image/jpeg")
            #expect(try await worker.send(.put, jpeg, attempt: attempt(claim)).status == .gone)
            let program = "/api/v1/analyses/\(id.lower)/annotated?wait=0"
            #expect(try await ada.get(program).bytes == jpeg)
            #expect(try await ada.get(program + "x").status == .badRequest)
            #expect(try await outbox(site) == ["annotate"])

            // Then it is drawn anew, and what comes of the first time is not taken.
            try await site.database.execute("UPDATE annotated_pictures SET asked_at = now() - interval '3 minutes'")
            #expect(try await DrawnPicture.sweep(site.database) == 1)
            try await Task.sleep(for: .seconds(2))
            #expect(try await ada.get(program).text.contains("\"still_drawn\""))
            let again = try await worker.send(.get)
            #expect(try await worker.send(.put, jpeg, attempt: attempt(claim)).status == .gone)
            #expect(try await worker.send(.put, jpeg, attempt: attempt(again)).status == .noContent)
        }
    }

    @Test func whatAFormerWorkerHandedOverIsTheAnnotatedPictureUntilItIsCorrected() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            try await site.database.execute("DELETE FROM outbox")
            let path = "/analyses/\(id.lower)/annotated.jpg?wait=0"
            #expect(try await ada.get(path).bytes == Site.annotated())
            #expect(try await outbox(site).isEmpty)
            let other = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            // As where it could not be drawn.
            try await site.database.execute("UPDATE previews SET annotated = clean WHERE analysis_id = \(other)")
            #expect(try await ada.get("/analyses/\(other.lower)/annotated.jpg?wait=0").status == .serviceUnavailable)
            _ = try await site.store.correct(id, face: 1, as: .sad, mayTrain: false, owner: ada.user.id)
            #expect(try await ada.get(path).status == .serviceUnavailable)
            let claim = try await Worker(site: site, id: id, picture: .annotated).send(.get)
            #expect(try Mien_V1_Drawing.decode(claim.bytes).faces[0].said == "sad")
        }
    }

    @Test func whatCannotBeAnnotatedSaysWhy() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let open = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/analyses/\(open.lower)/annotated.jpg").status == .conflict)
            let id = try await analysis(site, of: ada.user.id)
            let path = "/analyses/\(id.lower)/annotated.jpg?wait=0"
            #expect(try await ada.get(path).status == .serviceUnavailable)
            let worker = Worker(site: site, id: id, picture: .annotated)
            #expect(try await worker.send(.get).status == .ok)
            #expect(try await worker.send(.put, []).status == .noContent)
            #expect(try await ada.get(path).status == .unprocessableContent)
        }
    }

    @Test func soManyAreDrawnAtOnceForOnePerson() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for number in 0...DrawnPicture.annotated.maxPerPerson {
                let id = try await analysis(site, of: ada.user.id)
                let status = try await ada.get("/analyses/\(id.lower)/annotated.jpg?wait=0").status
                let isFull = number == DrawnPicture.annotated.maxPerPerson
                #expect(status == (isFull ? .tooManyRequests : .serviceUnavailable))
            }
        }
    }

    @Test func anArchiveHasItsPicturesDrawnAndSaysWhichAreMissing() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            var ids: [UUID] = []
            for _ in 0..<11 { ids.append(try await analysis(site, of: ada.user.id)) }
            let bundle = AnalysisBundle(
                analyses: try await site.store.find(ids, owner: ada.user.id), store: site.store,
                changes: site.changes, printer: ReportPrinter(), site: "https://mien.example.org")
            // A worker draws all but one.
            let undrawn = ids[4]
            let drawing = Task {
                var left = Set(ids).subtracting([undrawn])
                while !left.isEmpty {
                    for id in left {
                        let worker = Worker(site: site, id: id, picture: .annotated)
                        guard try await worker.send(.get).status == .ok else { continue }
                        #expect(try await worker.send(.put, jpeg).status == .noContent)
                        await site.changes.wake(id)
                        left.remove(id)
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            var archive: [UInt8] = []
            try await bundle.write(to: { archive += $0 }, zone: .gmt, patience: .seconds(3))
            try await drawing.value
            let saved = try contents(of: archive)
            #expect(saved.pictures == 10 && saved.missing.count == 1)

            // Without a worker, no more are asked for than the first few.
            try await site.database.execute("DELETE FROM annotated_pictures")
            archive = []
            try await bundle.write(to: { archive += $0 }, zone: .gmt, patience: .seconds(1))
            let without = try contents(of: archive)
            #expect(without.pictures == 0 && without.missing.count == 11)
            #expect(try await site.database.query("SELECT 1 FROM annotated_pictures").count == 8)
        }
    }

    /// How many annotated pictures are in an archive, and which it says are missing.
    private func contents(of archive: [UInt8]) throws -> (pictures: Int, missing: [String]) {
        let script = """
            import sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            print(sum(name.endswith("/annotated.jpg") for name in archive.namelist()))
            print(archive.read("missing.txt").decode())
            """
        let lines = String(decoding: try poppler(["python3", "-c", script, "PDF"], archive), as: UTF8.self)
            .split(separator: "\n")
        return (lines.first.flatMap { Int($0) } ?? 0, lines.filter { $0.hasSuffix("/annotated.jpg") }.map(String.init))
    }
}
