import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Reports

/// What people say of faces, beside what the model answered.
@Suite struct CorrectionTests {
    private func faces(_ document: [String: Any]) throws -> [[String: Any]] {
        try #require(document["faces"] as? [[String: Any]])
    }

    private func said(_ face: [String: Any]) -> String? { (face["correction"] as? [String: Any])?["look"] as? String }

    @Test func whatIsSaidIsKeptBesideTheAnswerAndCounts() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), Site.face(2, "fear", 0.41, notSure: true)]
            ).lower
            let path = "/analyses/\(id)/faces/1/correction"
            let answer = try await ada.send(.put, path, ["look": "sad", "may_train": true])
            #expect(answer.status == .ok)
            let document = try answer.object()
            let face = try faces(document)[0]
            #expect(face["emotion"] as? String == "happy" && face["confidence"] as? Double == 0.873)
            let correction = try #require(face["correction"] as? [String: Any])
            #expect(correction["look"] as? String == "sad" && correction["may_train"] as? Bool == true)
            #expect(correction["said_at"] is String)
            #expect(try faces(document)[1]["correction"] == nil)
            #expect(document["dominant"] as? String == "sad")
            #expect(try await ada.send(.get, "/analyses/\(id)").object()["dominant"] as? String == "sad")
            #expect(try await ada.send(.get, "/analyses?emotion=sad").ids() == [id])
            #expect(try await ada.send(.get, "/analyses?emotion=happy").ids() == [])
            let filter = HistoryFilter()
            #expect(try await site.store.count(owner: ada.user.id, filter: filter).byLook == ["sad": 1])

            // Said again, it takes the place of what was said before, and nobody agrees by silence.
            let again = try await ada.send(.put, path, ["look": "surprise"]).object()
            #expect(try said(faces(again)[0]) == "surprise")
            #expect((try faces(again)[0]["correction"] as? [String: Any])?["may_train"] as? Bool == false)

            // Taken back, the model's answer counts again; once more changes nothing.
            for _ in 0..<2 {
                let back = try await ada.send(.delete, path).object()
                #expect(try faces(back)[0]["correction"] == nil && back["dominant"] as? String == "happy")
            }
            let row = try await site.database.first("SELECT corrections IS NULL FROM analyses")
            #expect(try row?.decode(Bool.self) == true)
        }
    }

    @Test func aMissedFaceIsMarkedCorrectedAndTakenBack() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")]).lower
            func mark(_ x: Double, _ look: String = "fear") async throws -> TestResponse {
                let box = ["x": x, "y": 300, "width": 40.5, "height": 50]
                return try await ada.send(.post, "/analyses/\(id)/faces", ["box": box, "look": look])
            }
            let first = try await mark(10)
            #expect(first.status == .created)
            let marked = try #require(try first.object()["missed_faces"] as? [[String: Any]])
            #expect(marked.count == 1 && marked[0]["number"] as? Int == 2 && said(marked[0]) == "fear")
            #expect(marked[0]["box"] as? [String: Double] == ["x": 10, "y": 300, "width": 40.5, "height": 50])
            #expect(try await mark(200, "happy").status == .created)
            // Two are happy now, and one is afraid.
            #expect(try await ada.send(.get, "/analyses/\(id)").object()["dominant"] as? String == "happy")
            // Sent twice it is one face, as it is where the model's is.
            let twice = try await mark(12)
            #expect(twice.status == .conflict)
            #expect(try twice.object()["detail"] as? String == "It is number 2: correct that one. Nothing was changed.")
            let there = try await ada.send(
                .post, "/analyses/\(id)/faces",
                ["box": ["x": 22, "y": 41, "width": 60, "height": 70], "look": "sad"])
            #expect(there.status == .conflict)

            let changed = try await ada.send(.put, "/analyses/\(id)/faces/2/correction", ["look": "cannot_tell"])
            let missed = try #require(try changed.object()["missed_faces"] as? [[String: Any]])
            #expect(missed.compactMap(said) == ["cannot_tell", "happy"])
            // None after all.
            let gone = try await ada.send(.put, "/analyses/\(id)/faces/3/correction", ["look": "not_a_face"]).object()
            #expect((gone["missed_faces"] as? [Any])?.count == 1)
            let none = try await ada.send(.delete, "/analyses/\(id)/faces/2/correction").object()
            #expect((none["missed_faces"] as? [Any])?.isEmpty == true)
            #expect(try await ada.send(.delete, "/analyses/\(id)/faces/2/correction").status == .notFound)
        }
    }

    /// A program that did not get its answer asks again, and one that corrects all goes through their numbers.
    @Test func whatIsSaidOfAMarkedFaceMovesNoOther() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")]).lower
            let path = "/analyses/\(id)/faces"
            for x in [10, 100, 200] {
                let box = ["x": x, "y": 300, "width": 40, "height": 50]
                #expect(try await ada.send(.post, path, ["box": box, "look": "fear"]).status == .created)
            }
            func marked(_ answer: TestResponse? = nil) async throws -> [String] {
                let answer = if let answer { answer } else { try await ada.send(.get, "/analyses/\(id)") }
                let missed = try #require(try answer.object()["missed_faces"] as? [[String: Any]])
                return missed.map { face in
                    let correction = face["correction"] as? [String: Any] ?? [:]
                    let agreed = correction["may_train"] as? Bool == true ? "!" : ""
                    let x = Int((face["box"] as? [String: Double])?["x"] ?? 0)
                    return "\(face["number"] ?? "") \(x) \(correction["look"] ?? "")\(agreed)"
                }
            }
            func say(_ number: Int, _ look: String, _ mayTrain: Bool = false) async throws -> TestResponse {
                try await ada.send(.put, "\(path)/\(number)/correction", ["look": look, "may_train": mayTrain])
            }
            for _ in 0..<2 {
                #expect(try await marked(say(2, "sad", true)) == ["2 10 sad!", "3 100 fear", "4 200 fear"])
            }
            for (number, look) in [(2, "angry"), (3, "happy"), (4, "neutral")] { _ = try await say(number, look) }
            #expect(try await marked() == ["2 10 angry", "3 100 happy", "4 200 neutral"])
            // What is taken back leaves its number to nobody.
            #expect(try await say(2, "not_a_face").status == .ok)
            #expect(try await say(2, "not_a_face").status == .notFound)
            for status in [HTTPResponse.Status.ok, .notFound] {
                #expect(try await ada.send(.delete, "\(path)/3/correction").status == status)
            }
            #expect(try await marked() == ["4 200 neutral"])
            let box = ["x": 10, "y": 300, "width": 40, "height": 50]
            _ = try await ada.send(.post, path, ["box": box, "look": "sad"])
            #expect(try await marked(say(4, "disgust")) == ["4 200 disgust", "5 10 sad"])
            // Nor does the last one.
            #expect(try await ada.send(.delete, "\(path)/5/correction").status == .ok)
            _ = try await ada.send(.post, path, ["box": box, "look": "sad"])
            #expect(try await ada.send(.delete, "\(path)/5/correction").status == .notFound)
            #expect(try await marked() == ["4 200 disgust", "6 10 sad"])
            #expect(try await ada.send(.get, "/analyses/\(id)").object()["dominant"] as? String == "happy")
        }
    }

    @Test func whatCannotBeTakenIsToldByName() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")]).lower
            let path = "/analyses/\(id)/faces/1/correction"
            let wrong: [([String: Any], String)] = [
                (["look": "glad"], "look"), ([:], "look"), (["look": 1], "look"),
                (["look": "sad", "colour": 1], "colour"),
                (["look": "sad", "may_train": "yes"], "may_train"),
            ]
            for (fields, name) in wrong {
                let answer = try await ada.send(.put, path, fields)
                #expect(answer.status == .unprocessableContent)
                #expect((try answer.object()["errors"] as? [String: String])?.keys.contains(name) == true, "\(name)")
            }
            let box: [String: Any] = ["x": 10, "y": 300, "width": 40, "height": 50]
            let boxes: [(Any, String)] = [
                (box.merging(["x": -1]) { $1 }, "box"), (box.merging(["y": 470]) { $1 }, "box"),
                (box.merging(["width": 7.5]) { $1 }, "box"), (box.merging(["width": "x"]) { $1 }, "box.width"),
                (["x": 1, "y": 1, "width": 9], "box.height"), ("all", "box"),
            ]
            for (box, name) in boxes {
                let answer = try await ada.send(.post, "/analyses/\(id)/faces", ["look": "sad", "box": box])
                #expect(answer.status == .unprocessableContent, "\(box)")
                #expect((try answer.object()["errors"] as? [String: String])?.keys.contains(name) == true, "\(name)")
            }
            let noFace = try await ada.send(.post, "/analyses/\(id)/faces", ["look": "not_a_face", "box": box])
            #expect(noFace.status == .unprocessableContent)
            for number in ["0", "2", "-1", "x", "99999999999999999999"] {
                let answer = try await ada.send(.put, "/analyses/\(id)/faces/\(number)/correction", ["look": "sad"])
                #expect(answer.status == .notFound, "\(number)")
            }
            let open = try await site.analysis(of: ada.user.id, .queued).lower
            #expect(
                try await ada.send(.put, "/analyses/\(open)/faces/1/correction", ["look": "sad"]).status == .conflict)
            #expect(try await ada.send(.get, path).status == .methodNotAllowed)
            let row = try await site.database.first("SELECT count(*) FROM analyses WHERE corrections IS NOT NULL")
            #expect(try row?.decode(Int.self) == 0)
        }
    }

    @Test func nobodyElseCorrectsAndNoTokenThatOnlyReads() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await Program(site), try await Program(site))
            let reader = try await Program(site, scopes: [.readAnalyses])
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")]).lower
            let mine = try await site.analysis(of: reader.user.id, faces: [Site.face(1, "happy")]).lower
            let box = ["x": 10, "y": 300, "width": 40, "height": 50]
            for (who, id, status) in [(eve, id, HTTPResponse.Status.notFound), (reader, mine, .forbidden)] {
                let path = "/analyses/\(id)/faces"
                #expect(try await who.send(.put, "\(path)/1/correction", ["look": "sad"]).status == status)
                #expect(try await who.send(.delete, "\(path)/1/correction").status == status)
                #expect(try await who.send(.post, path, ["look": "sad", "box": box]).status == status)
            }
            let row = try await site.database.first("SELECT count(*) FROM analyses WHERE corrections IS NOT NULL")
            #expect(try row?.decode(Int.self) == 0)
        }
    }

    /// Another model finds the same faces under other numbers and a little elsewhere, the one that was missed among them.
    @Test func whatWasSaidStaysWithItsFaceWhenAnotherModelFindsIt() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), apart(Site.face(2, "sad"))])
            let path = "/analyses/\(id.lower)/faces"
            _ = try await ada.send(.put, "\(path)/1/correction", ["look": "fear"])
            _ = try await ada.send(.put, "\(path)/2/correction", ["look": "not_a_face"])
            let box = ["x": 300, "y": 300, "width": 60, "height": 70]
            _ = try await ada.send(.post, path, ["look": "surprise", "box": box])

            func find(_ faces: [(Double, Double, String)]) async throws -> [String: Any] {
                let found = faces.enumerated().map { index, face in
                    var result = Site.face(index + 1, face.2)
                    result.box = .init(x: face.0, y: face.1, width: 58, height: 72)
                    return result
                }
                let json = try JSONEncoder().encode(Findings(faces: found, facesCut: false, faceCrop: false))
                try await site.database.execute(
                    "UPDATE analyses SET faces = \(String(decoding: json, as: UTF8.self))::jsonb WHERE id = \(id)")
                return try await ada.send(.get, "/analyses/\(id.lower)").object()
            }
            let moved = try await find([(304, 296, "neutral"), (400, 10, "angry"), (23, 43, "happy")])
            #expect(try faces(moved).map(said) == ["surprise", nil, "fear"])
            #expect((moved["missed_faces"] as? [Any])?.isEmpty == true)
            // What is no face is found no more, and nothing is left to say of it; of equals the first counts.
            #expect(moved["dominant"] as? String == "surprise")
            let blind = try await find([(201, 42, "angry")])
            #expect(try faces(blind).map(said) == ["not_a_face"])
            let missed = try #require(blind["missed_faces"] as? [[String: Any]])
            // The one that was marked by hand goes on being the first of these.
            #expect(missed.compactMap(said) == ["surprise", "fear"] && missed[0]["number"] as? Int == 2)
        }
    }

    @Test func theDatabaseAndThePagesAgreeOnTheLooks() async throws {
        try await Site.run { site in
            let ada = try await Program(site).user.id
            let box = FaceResult.Box(x: 200, y: 300, width: 60, height: 70)
            let three = [Site.face(1, "happy"), Site.face(2, "sad"), Site.face(3, "angry", notSure: true)]
            let said: [[(Int?, SaidLook)]] = [
                [], [(1, .fear)], [(1, .notAFace)], [(1, .notAFace), (2, .notAFace), (3, .notAFace)],
                [(1, .cannotTell), (2, .cannotTell)], [(3, .sad)], [(nil, .sad)], [(nil, .cannotTell), (1, .notAFace)],
                [(1, .notAFace), (2, .notAFace), (3, .notAFace), (nil, .surprise)],
            ]
            for corrections in said {
                let id = try await site.analysis(of: ada, faces: three.map(apart))
                for (number, look) in corrections {
                    if let number {
                        _ = try await site.store.correct(id, face: number, as: look, mayTrain: false, owner: ada)
                    } else {
                        _ = try await site.store.markFace(id, box, as: look, mayTrain: false, owner: ada)
                    }
                }
                let analysis = try #require(try await site.store.find(id, owner: ada))
                let word = try await site.database.first("SELECT emotion FROM analyses WHERE id = \(id)")?
                    .decode(String.self)
                #expect(word == analysis.dominant?.word, "\(corrections)")
                let looks = try await site.database.query(
                    """
                    SELECT look FROM analyses, face_looks(faces, corrections)
                    WHERE id = \(id) AND look IS NOT NULL ORDER BY place
                    """
                ).map { try $0.decode(String.self) }
                #expect(looks == analysis.looks, "\(corrections)")
            }
        }
    }

    /// The faces of ``Site/face(_:_:_:notSure:notes:)`` overlap.
    private func apart(_ face: FaceResult) -> FaceResult {
        var face = face
        face.box = .init(x: Double(100 * face.number), y: 40, width: 61, height: 76)
        return face
    }

    @Test func correctionsAtTheSameTimeAreAllKept() async throws {
        try await Site.run { site in
            let ada = try await Program(site).user.id
            let faces = (1...4).map { apart(Site.face($0, "happy")) }
            let id = try await site.analysis(of: ada, faces: faces)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...4 {
                    group.addTask {
                        _ = try await site.store.correct(id, face: number, as: .sad, mayTrain: false, owner: ada)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await site.store.find(id, owner: ada)?.looks == ["sad", "sad", "sad", "sad"])
        }
    }

    @Test func savedFilesSayBoth() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), apart(Site.face(2, "sad"))])
            let owner = ada.user.id
            _ = try await site.store.correct(id, face: 1, as: .fear, mayTrain: true, owner: owner)
            _ = try await site.store.correct(id, face: 2, as: .sad, mayTrain: false, owner: owner)
            let box = FaceResult.Box(x: 200, y: 300, width: 60, height: 70)
            _ = try await site.store.markFace(id, box, as: .surprise, mayTrain: false, owner: owner)
            let lines = try await ada.get("/analyses.csv").text.split(separator: "\r\n").map(String.init)
            #expect(lines.count == 4 && lines[0].contains(",incomplete,correction,"))
            #expect(Set(lines.map { $0.count { $0 == "," } }).count == 1)
            #expect(lines[1].contains(",1,happy,0.873,") && lines[1].contains(",no,fear,"))
            #expect(lines[2].contains(",no,sad,"))
            #expect(lines[3].contains(",2,3,,,,,200.0,300.0,60.0,70.0,,") && lines[3].contains(",no,surprise,"))
            let analysis = try #require(try await site.store.find(id, owner: owner))
            let document = String(decoding: try AnalysisDocument(analysis, placeInQueue: nil).json(), as: UTF8.self)
            #expect(document.contains(#""look":"fear","may_train":true"#))
            let pdf = try await ada.get("/analyses/\(id.lower).pdf")
            let text = try pdfText(pdf.bytes)
            for words in [
                "3 faces", "Appears happy, 87 %", "Corrected by hand: afraid", "Confirmed by hand: sad",
                "Marked by hand: appears surprised", "60 × 70 pixels",
            ] {
                #expect(text.contains(words), "\(words)")
            }
        }
    }

    @Test func aPersonCorrectsOnTheResultPageWithoutAnyScript() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let faces = (1...6).map { apart(Site.face($0, $0 < 4 ? "happy" : "sad")) }
            let id = try await site.analysis(of: ada.user.id, faces: Array(faces.prefix(4))).lower
            let page = try await ada.get("/analyses/\(id)").text
            #expect(page.contains("href=\"?correct=2\"") && !page.contains("name=\"may_train\""))
            let asked = try await ada.get("/analyses/\(id)?correct=2").text
            #expect(asked.contains("How does face 2 appear to you?") && asked.contains("value=\"not_a_face\""))
            #expect(asked.matches(of: /name="may_train"/).count == 1 && !asked.contains("checked> <span>This face may"))
            let action = "/analyses/\(id)/faces/2/correction"
            #expect(try await ada.post(action).status == .unprocessableContent)
            #expect(try await ada.post(action).text.contains("Choose how it appears."))
            let answer = try await ada.post(action, [("look", "fear"), ("may_train", "yes")])
            #expect(answer.status == .seeOther)
            #expect(answer.headers[.location] == "/analyses/\(id)#face-2")
            let said = try await ada.get("/analyses/\(id)").text
            // Both are said, and the chips count what the person said.
            #expect(said.contains("You said: afraid") && said.contains("appears happy, 87"))
            #expect(said.contains("1 afraid") && said.contains("2 happy") && said.contains("1 sad"))
            #expect(said.contains("Change face 2"))
            #expect(try await ada.get("/analyses/\(id)?correct=2").text.contains("value=\"withdraw\""))
            #expect(try await ada.get("/analyses").text.contains("4 faces, most often happy"))
            #expect(try await ada.post(action, [("deed", "withdraw")]).status == .seeOther)
            #expect(!(try await ada.get("/analyses/\(id)").text.contains("You said")))
        }
    }

    @Test(arguments: [0, 90, 180, 270]) func aPersonMarksAFaceInThePictureAsItIsShown(_ rotation: Int) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [])
            let findings = try JSONEncoder().encode(
                Findings(faces: [], facesCut: false, faceCrop: false, rotation: rotation))
            try await site.database.execute(
                """
                UPDATE analyses SET faces = \(String(decoding: findings, as: UTF8.self))::jsonb, width = 400, height = 200
                WHERE id = \(id)
                """)
            let path = "/analyses/\(id.lower)"
            #expect(try await ada.get("\(path)?mark").text.contains("Mark a missed face</h3>"))
            var fields = [("left", "10"), ("top", "20"), ("width", "25"), ("height", "50,0"), ("look", "happy")]
            for (name, wrong) in [(0, "-1"), (2, "x"), (3, ""), (2, "0.1"), (4, "not_a_face")] {
                var others = fields
                others[name].1 = wrong
                let answer = try await ada.post("\(path)/faces", others)
                #expect(answer.status == .unprocessableContent, "\(others)")
                #expect(answer.text.contains("role=\"alert\"") && answer.text.contains("value=\"20\""))
            }
            #expect(try await ada.post("\(path)/faces", fields).headers[.location] == "\(path)#face-1")
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            let expected: FaceResult.Box =
                switch rotation {
                case 90: .init(x: 80, y: 130, width: 200, height: 50)
                case 180: .init(x: 260, y: 60, width: 100, height: 100)
                case 270: .init(x: 120, y: 20, width: 200, height: 50)
                default: .init(x: 40, y: 40, width: 100, height: 100)
                }
            #expect(analysis.missed.map(\.box) == [expected])
            let page = try await ada.get(path).text
            #expect(page.contains("x=\"10%\" y=\"20%\" width=\"25%\" height=\"50%\""))
            #expect(page.contains("You said: happy") && page.contains(">1 face<"))
            fields[0].1 = "11"
            let again = try await ada.post("\(path)/faces", fields)
            #expect(again.text.contains("Face 1 is there already"))
        }
    }

    @Test func figuresTellHowOftenPeopleDisagreed() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await Program(site).user.id, try await Program(site).user.id)
            let said: [(UUID, String, SaidLook)] = [
                (ada, "happy", .happy), (ada, "happy", .sad), (eve, "happy", .cannotTell), (eve, "sad", .notAFace),
                (eve, "happy", .happy),
            ]
            for (owner, answer, look) in said {
                let id = try await site.analysis(of: owner, faces: [Site.face(1, answer), apart(Site.face(2, "fear"))])
                _ = try await site.store.correct(id, face: 1, as: look, mayTrain: false, owner: owner)
            }
            let figures = try await site.store.correctionFigures(
                of: ModelReference(name: "mien-inception-s", version: "1.0.0"))
            let happy = try #require(figures.first { $0.answer == "happy" })
            #expect((happy.faces, happy.same, happy.other) == (4, 2, 1))
            #expect((happy.cannotTell, happy.notAFace) == (1, 0))
            #expect(figures.first { $0.answer == "sad" }?.notAFace == 1)
            #expect(figures.count == 2, "nobody said anything of the faces that show fear")
            let other = ModelReference(name: "mien-inception-s", version: "2.0.0")
            #expect(try await site.store.correctionFigures(of: other).isEmpty)
        }
    }

    @Test func onlyPhotosOfWhoeverAgreedAreGivenAndOnlyThoseThatAreKept() async throws {
        try await Site.run { site in
            let ada = try await Program(site).user.id
            func photo(_ mayTrain: Bool) async throws -> UUID {
                let id = try await site.analysis(of: ada, faces: [Site.face(1, "happy")])
                _ = try await site.store.correct(id, face: 1, as: .sad, mayTrain: mayTrain, owner: ada)
                return id
            }
            let given = [try await photo(true), try await photo(true)]
            _ = try await photo(false)
            let gone = try await photo(true)
            try await site.database.execute("DELETE FROM photos WHERE analysis_id = \(gone)")
            let withdrawn = try await photo(true)
            _ = try await site.store.withdrawCorrection(withdrawn, face: 1, owner: ada)
            var (found, last) = ([UUID](), UUID?.none)
            while let next = try await site.store.consentedPhoto(after: last) {
                #expect(next.photo == (try Site.sample()))
                found.append(next.analysis.id)
                last = next.analysis.id
            }
            #expect(Set(found) == Set(given) && found.count == 2)
        }
    }
}
