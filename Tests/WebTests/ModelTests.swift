import Foundation
import Testing

@testable import Analyses
@testable import GatewayCore
@testable import Reports

@Suite struct ModelTests {
    @Test func aFaceAppearsAndNeverIs() {
        let sure = FaceModel(
            Fixtures.face(1, "fear", 0.873), photo: (512, 512), preview: (512, 512))
        #expect(sure.summary == "appears afraid, 87\u{A0}%")
        let unsure = FaceModel(
            Fixtures.face(1, "sad", 0.41, notSure: true), photo: (512, 512), preview: (512, 512))
        #expect(unsure.summary == "not sure; perhaps sad, 41\u{A0}%")
        // On the photo, where there is room for a number alone.
        #expect((sure.word, sure.doubt) == ("afraid", "") && (unsure.word, unsure.doubt) == ("sad", "?"))
        #expect(unsure.labelWidth > sure.labelWidth)
    }

    @Test func boxesArePercentOfTheOriginalWhateverThePreviewsSize() {
        let face = Fixtures.face(1, "happy", 0.9, x: 1000, y: 500, size: 400)
        let model = FaceModel(face, photo: (4000, 2000), preview: (1600, 800))
        #expect([model.left, model.top, model.width, model.height] == ["25%", "25%", "10%", "25%"])
        // The crop is a square around (1200, 750) of 1.25 × 500 pixels, in pixels of the preview (× 0.4).
        #expect(model.crop == "355 175 250 250")
    }

    /// A photo of 400 × 200 pixels; the face's upper left corner, its size, and where they are in the upright picture.
    @Test(arguments: [
        (0, ["10%", "10%", "5%", "20%"], (400.0, 200.0)), (90, ["70%", "10%", "20%", "5%"], (200, 400)),
        (180, ["85%", "70%", "5%", "20%"], (400, 200)), (270, ["10%", "85%", "20%", "5%"], (200, 400)),
    ])
    func boxesLieOnTheFacesOfAPhotoThatIsShownTurned(rotation: Int, box: [String], size: (Double, Double)) {
        let face = FaceResult(
            number: 1, box: .init(x: 40, y: 20, width: 20, height: 40), landmarks: [.init(x: 40, y: 20)],
            emotion: "happy", confidence: 1, probabilities: [:], notSure: false, notes: [])
        let analysis = Fixtures.analysis(.finished, faces: [face], rotation: rotation, size: (400, 200))
        let model = FinishedModel(analysis, address: "")
        #expect([model.faces[0].left, model.faces[0].top, model.faces[0].width, model.faces[0].height] == box)
        #expect((model.width, model.height) == (Int(size.0), Int(size.1)))
        #expect(analysis.shownSize == size)
        // Its upper left corner is a corner of the turned box as well.
        let (mark, turned) = (analysis.shownFaces[0].landmarks[0], analysis.shownFaces[0].box)
        #expect([turned.x, turned.x + turned.width].contains(mark.x))
        #expect([turned.y, turned.y + turned.height].contains(mark.y))
    }

    @Test func thePageSaysThatAPhotoIsShownTurnedAndWhatIsMissing() {
        func remarks(_ rotation: Int?, _ incomplete: Bool?) -> [String] {
            FinishedModel(Fixtures.analysis(.finished, rotation: rotation, incomplete: incomplete), address: "").remarks
        }
        #expect(remarks(nil, nil) == [] && remarks(0, false) == [])
        #expect(remarks(90, false) == ["The photo lay on its side. It is shown upright."])
        #expect(remarks(270, nil) == remarks(90, nil))
        #expect(remarks(180, false) == ["The photo was upside down. It is shown upright."])
        #expect(remarks(0, true).first?.contains("ends early") == true)
    }

    @Test(arguments: [-150, -90, -20, 0, 35, 90, 170]) func aHeadsRollIsReadOffItsLandmarks(degrees: Double) {
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        var face = Fixtures.faces[0]
        #expect(face.roll == nil)
        face.landmarks = [(-20, -15), (20, -15), (0, 5), (-15, 25), (15, 25)].map { x, y in
            FaceResult.Point(x: 200 + x * cosine - y * sine, y: 100 + x * sine + y * cosine)
        }
        #expect(abs((face.roll ?? 0) - degrees) < 0.1)
    }

    @Test func barsHaveTheFixedOrderAndOneTop() {
        let model = FaceModel(Fixtures.faces[0], photo: (512, 512), preview: (512, 512))
        #expect(model.bars.map(\.label) == ["Angry", "Disgusted", "Afraid", "Happy", "Sad", "Surprised", "Neutral"])
        #expect(model.bars.filter(\.isTop).map(\.label) == ["Happy"])
        #expect(model.bars[3].length == "87.3%")
    }

    @Test func manyFacesAreRowsThatCanBeNarrowed() {
        let many = FinishedModel(Fixtures.analysis(.finished, faces: Fixtures.crowd), address: "/a")
        #expect(many.faces.allSatisfy(\.isRow) && many.all == "All 25")
        #expect(many.looks.map(\.words) == ["4 afraid", "9 happy", "4 neutral", "8 not sure"])
        #expect(many.looks.map(\.look) == ["fear", "happy", "neutral", "unsure"])
        #expect(Set(many.faces.map(\.look)) == Set(many.looks.map(\.look)))
        let few = FinishedModel(Fixtures.analysis(.finished, faces: Array(Fixtures.crowd.prefix(4))), address: "/a")
        #expect(few.faces.count == 4 && !few.faces.contains(where: \.isRow))
        let alike = FinishedModel(Fixtures.analysis(.finished, faces: [Fixtures.faces[0]]), address: "/a")
        #expect(!alike.hasLooks)
    }

    @Test func whatThePersonSaidStandsBesideWhatTheModelAnswered() {
        let model = FinishedModel(Fixtures.corrected(), address: "/a")
        #expect(
            model.faces.map(\.said) == [
                "You said: surprised", nil, "You said: not a face", "You said: cannot be told",
            ])
        #expect(
            model.faces.map(\.summary)[0] == "appears happy, 87\u{A0}%" && model.faces[3].summary == "marked by you")
        #expect(model.faces.map(\.look) == ["surprise", "unsure", "none", "unsure"])
        #expect(model.faces.map(\.hasBars) == [true, true, true, false])
        #expect(model.heading == "3 faces" && model.looks.map(\.words) == ["1 surprised", "2 not sure"])
        #expect(CardModel(Fixtures.corrected()).state == "3 faces, the largest: surprised")
        let said = PeopleSaid(
            [
                CorrectionFigures(answer: "sad", faces: 4, same: 1, cannotTell: 1, notAFace: 1),
                CorrectionFigures(answer: "happy", faces: 6, same: 6, cannotTell: 0, notAFace: 0),
            ], classes: ["happy", "sad"])
        #expect(
            said?.rows.map(\.answer) == ["Happy", "Sad"] && said?.rows.map(\.disagreed) == ["0\u{A0}%", "50\u{A0}%"])
        #expect(
            said?.lead.hasPrefix("Of 10 faces that people here said something of, they disagreed about 2 (20") == true)
        #expect(PeopleSaid([], classes: ["happy"])?.lead == nil)
    }

    @Test func onlyAPhotoThatIsNotHighStaysInView() {
        func stage(_ size: (Int, Int)) -> [Bool] {
            let model = FinishedModel(Fixtures.analysis(.finished, size: size), address: "/a")
            return [model.isBroad, model.isTall]
        }
        #expect(stage((1600, 1000)) == [true, false] && stage((1000, 1000)) == [false, false])
        #expect(stage((1000, 1600)) == [false, true])
    }

    @Test func aRowsBarIsTheWholeAndLeavesOutWhatCannotBeSeen() {
        let face = Fixtures.face(12, "sad", 0.97, notSure: true)
        let model = FaceModel(face, photo: (512, 512), preview: (512, 512), isRow: true)
        #expect(model.parts.map(\.emotion) == ["sad"])
        #expect(model.parts.map(\.start) == ["2%"] && model.parts.map(\.length) == ["97%"])
        #expect(model.appearance == "perhaps sad" && model.look == "unsure" && model.percent == "97\u{A0}%")
    }

    @Test func theWayThroughTheHistoryCountsNoFurtherThanItHasTo() {
        let (one, other) = (UUID(), UUID())
        func steps(_ newer: Int, _ older: Int) -> ResultModel.Steps? {
            ResultModel.Steps(
                HistoryPlace(
                    newer: newer > 0 ? one : nil, older: older > 0 ? other : nil, newerCount: newer, olderCount: older))
        }
        #expect(steps(0, 0) == nil)
        #expect(steps(2, 14)?.place == "3 of 17")
        #expect(steps(2, 14)?.newer == "/analyses/\(one.lower)" && steps(2, 14)?.older == "/analyses/\(other.lower)")
        #expect(steps(0, 1)?.newer == nil && steps(1, 0)?.older == nil)
        #expect(steps(4, 1000)?.place == "5")
        #expect(steps(1000, 1000)?.place == "1,000+")
    }

    @Test func tryingAgainIsOfferedFirstOnlyWhereItMayHelp() {
        for code in ["timed_out", "internal", "attempts_exhausted", "unknown"] { #expect(FailureWords.canHelp(code)) }
        for code in ["damaged", "too_small", "unsupported_format"] { #expect(!FailureWords.canHelp(code)) }
    }

    @Test func exactlyOnePartOfTheResultPageIsThere() throws {
        let site = try Fixtures.site("x")
        for status in AnalysisStatus.allCases {
            let model = ResultModel(site: site, analysis: Fixtures.analysis(status), place: nil)
            let parts = [model.waiting != nil, model.finished != nil, model.failure != nil]
            #expect(parts.filter(\.self).count == 1, "\(status)")
        }
    }

    @Test func cardsSayWhatIsThere() {
        let states: [(Analysis, String)] = [
            (Fixtures.analysis(.queued), "Waiting"),
            (Fixtures.analysis(.processing), "Being analysed"),
            (Fixtures.analysis(.failed), "Could not be analysed"),
            (Fixtures.analysis(.finished), "No face found"),
            (Fixtures.analysis(.finished, faces: [Fixtures.face(1, "surprise", 0.9)]), "Appears surprised"),
            (Fixtures.analysis(.finished, faces: Fixtures.faces), "3 faces, the largest: happy"),
            (
                Fixtures.analysis(.finished, faces: [Fixtures.face(1, "sad", 0.9), Fixtures.face(2, "sad", 0.8)]),
                "2 faces, all appear sad"
            ),
        ]
        for (analysis, state) in states { #expect(CardModel(analysis).state == state) }
        #expect(CardModel(Fixtures.analysis(.queued, title: "")).title == "astronaut.jpg")
    }

    @Test func manyFacesAreSummedUp() {
        func state(_ emotions: [(String, Bool)]) -> String {
            let faces = emotions.enumerated().map { Fixtures.face($0 + 1, $1.0, 0.8, notSure: $1.1) }
            return CardModel(Fixtures.analysis(.finished, faces: faces)).state
        }
        #expect(state([("sad", false), ("happy", false), ("happy", false)]) == "3 faces, mostly happy")
        #expect(
            state([("sad", false), ("happy", false), ("happy", false), ("fear", false), ("angry", false)])
                == "5 faces, most often happy")
        func equals(_ looks: [String]) -> String { state((looks + looks + ["disgust"]).map { ($0, false) }) }
        #expect(equals(["neutral", "happy"]) == "5 faces, most often happy or neutral")
        #expect(equals(["neutral", "happy", "sad"]) == "7 faces, of different looks")
        #expect(state([("sad", true), ("happy", true)]) == "2 faces, not sure")
    }

    @Test func aChartShowsHowManyFacesAppearHow() {
        let chart = EmotionChart(LookCounts(["happy", "happy", "unsure", "neutral"]))
        #expect(chart.heading == "4 faces")
        #expect(chart.bars.map(\.count) == [0, 0, 0, 2, 0, 0, 1, 1])
        #expect(chart.bars.map(\.length).suffix(5) == ["100.0%", "0.0%", "0.0%", "50.0%", "50.0%"])
    }

    @Test func sectionsOfThePageAboutTheAPIKeepTheirAddresses() throws {
        let document = try Data(contentsOf: Fixtures.web.appendingPathComponent("Static/openapi.json"))
        let model = try APIPageModel(
            site: try Fixtures.site("x"), document: document, address: "https://mien.example.org")
        #expect(model.groups.prefix(2).map(\.id) == ["photos", "pictures-and-report"])
        let all = model.groups.map(\.id) + model.groups.flatMap(\.operations).map(\.id) + ["examples", "rely"]
        #expect(Set(all).count == all.count)
    }

    @Test func linksOfTheHistoryKeepItsFilter() throws {
        let filter = try HistoryFilter(in: .gmt) { ["q": "red & blue", "state": "failed"][$0] }
        let cursor = ListCursor(time: Fixtures.now, id: UUID())
        let model = HistoryModel(
            site: try Fixtures.site("x"), page: HistorySlice(items: [], next: cursor), filter: filter)
        #expect(model.first == "/analyses?q=red%20%26%20blue&state=failed")
        #expect(model.next == model.first + "&before=\(cursor.text)")
        #expect(model.table == "/analyses.csv?q=red%20%26%20blue&state=failed")
    }

    @Test func theHistorySaysHowManyItFindsAndWhatIsWrongWithItsDays() throws {
        func model(_ count: Int, _ fields: [String: String]) throws -> HistoryModel {
            HistoryModel(
                site: try Fixtures.site("x"), page: HistorySlice(items: [], next: nil),
                filter: try HistoryFilter(in: .gmt) { fields[$0] },
                count: HistoryCount(found: count, byLook: nil))
        }
        #expect(try model(0, [:]).found == nil)
        #expect(try model(1, [:]).found == "1 analysis" && model(37, [:]).found == "37 analyses")
        #expect(try model(37, ["q": "roof"]).found == "37 found")
        #expect(try model(1001, ["q": "roof"]).found == "More than 1,000 found")
        #expect(try model(0, ["from": "2026-11-24", "until": "2026-11-23"]).isBackwards)
        #expect(try !model(0, ["from": "2026-11-24", "until": "2026-11-24"]).isBackwards)
        #expect(try !model(0, ["until": "2026-11-24"]).isBackwards)
    }

    @Test func theHistoryIsNarrowedToALookThatIsThere() throws {
        func chips(_ fields: [String: String], _ counts: [String: Int]?) throws -> [HistoryModel.Chip] {
            HistoryModel(
                site: try Fixtures.site("x"), page: HistorySlice(items: [], next: nil),
                filter: try HistoryFilter(in: .gmt) { fields[$0] }, count: HistoryCount(found: 1, byLook: counts)
            ).chips
        }
        let some = try chips(["q": "roof", "emotion": "sad"], ["happy": 9, "none": 2, "": 4])
        #expect(some.map(\.label) == ["Any look", "Happy 9", "Sad 0", "No face 2"])
        #expect(some.map(\.isChosen) == [false, false, true, false])
        #expect(some[0].address == "/analyses?q=roof" && some[1].address == "/analyses?q=roof&emotion=happy")
        #expect(some.map(\.look) == [nil, "happy", "sad", nil])
        #expect(try chips([:], nil).map(\.label).prefix(3) == ["Any look", "Angry", "Disgusted"])
        #expect(try chips([:], [:]).count == 1)
    }

    @Test func aCardShowsTheLargestFaceOfAPhotoThatIsCut() {
        func focus(_ x: Double, _ y: Double, of width: Int, _ height: Int, rotation: Int? = nil) -> String? {
            let face = Fixtures.face(1, "happy", 0.9, x: x, y: y)
            return CardModel(
                Fixtures.analysis(.finished, faces: [face], rotation: rotation, size: (width, height))
            ).focus
        }
        #expect(focus(10, 10, of: 1000, 1000) == "x-0 y-0")
        #expect(focus(250, 440, of: 1000, 1000) == "x-1 y-2")
        #expect(focus(600, 870, of: 1000, 1000) == "x-3 y-4")
        // Turned by a quarter, what lay at the left is at the top.
        #expect(focus(10, 440, of: 1000, 1000, rotation: 90) == "x-2 y-0")
        #expect(CardModel(Fixtures.analysis(.finished)).focus == nil)
        #expect(CardModel(Fixtures.analysis(.queued)).focus == nil)
    }

    @Test func aCardHasRoomForAFewTags() {
        let many = CardModel(Fixtures.analysis(.finished, tags: ["a", "b", "c", "d", "e"]))
        #expect(many.tags.map(\.word) == ["a", "b", "c"] && many.moreTags == "+2")
        #expect(CardModel(Fixtures.analysis(.finished, tags: ["a", "b", "c"])).moreTags == nil)
    }

    @Test func aPhotoWaitsUnattendedOnlyInTheQueue() throws {
        func heading(_ status: AnalysisStatus) throws -> String? {
            let site = try Fixtures.site("x")
            return ResultModel(
                site: site, analysis: Fixtures.analysis(status), place: nil, queue: QueueFigures(isUnattended: true)
            )
            .waiting?.heading
        }
        #expect(try heading(.queued) == "No worker is running")
        #expect(try heading(.processing) == "Looking at the photo")
    }

    @Test func waitingSaysHowLongItUsuallyTakesWhereThatIsTrue() throws {
        func usual(_ place: Int?, _ seconds: Double?, isUnattended: Bool = false) throws -> String? {
            ResultModel(
                site: try Fixtures.site("x"), analysis: Fixtures.analysis(.queued), place: place,
                queue: QueueFigures(usualSeconds: seconds, workers: 1, isUnattended: isUnattended)
            ).waiting?.usual
        }
        #expect(try usual(1, 1.4) == "usually done in 2 seconds" && usual(1, 0.2) == "usually done in 1 second")
        #expect(try usual(3, 1.4) == nil && usual(1, nil) == nil && usual(1, 1.4, isUnattended: true) == nil)
    }

    @Test func aQueueSaysWhenOneIsServedAsFarAsThatIsKnown() throws {
        func place(_ place: Int, _ queue: QueueFigures) throws -> String? {
            ResultModel(
                site: try Fixtures.site("x"), analysis: Fixtures.analysis(.queued), place: place, queue: queue
            ).waiting?.place
        }
        let two = QueueFigures(usualSeconds: 1.5, workers: 2)
        #expect(try place(3, two) == "3rd in the queue, about 3 seconds")
        #expect(try place(31, two) == "31st in the queue, about 25 seconds")
        #expect(try place(400, two) == "400th in the queue, about 5 minutes")
        #expect(try place(1, two) == "Next in the queue")
        #expect(try place(1_001, two) == "Behind 1,000 others or more")
        // What goes first besides counts too.
        let behind = QueueFigures(usualSeconds: 1.5, workers: 2, ahead: 8)
        #expect(try place(1, behind) == "Next in the queue, about 7 seconds")
        #expect(try place(3, QueueFigures(usualSeconds: 1.5)) == "3rd in the queue")
        #expect(try place(3, QueueFigures(workers: 2)) == "3rd in the queue")
    }

    @Test func numbersAndTimesAreWordsThatPeopleUse() {
        #expect(Words.grouped(1_234_567) == "1,234,567")
        #expect(Words.grouped(-12) == "−12")
        #expect(Words.count(1, "face") == "1 face")
        #expect(Words.megabytes(63_734) == "64\u{A0}KB")
        #expect(Words.megabytes(2_500_000) == "2.5\u{A0}MB")
        #expect(Words.mebibytes(10 << 20) == "10\u{A0}MB")
        #expect(Words.milliseconds(1500) == "1.5\u{A0}s")
        #expect(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(Words.ordinal) == [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
            ])
        let date = Date(timeIntervalSince1970: 1_795_502_165)
        #expect(Moment(date, now: date).relative == "just now")
        #expect(Moment(date, now: date.addingTimeInterval(130)).relative == "2 minutes ago")
        #expect(Moment(date, now: date.addingTimeInterval(-5)).relative == "just now")
        #expect(Moment(date, now: date.addingTimeInterval(-86_400)).relative == "24 November 2026", "yet to come")
        #expect(Moment(date, now: date.addingTimeInterval(86_400)).relative == "1 day ago")
        #expect(Moment(date, now: date.addingTimeInterval(86_400 * 30)).relative == "24 November 2026")
        #expect(Moment(date, now: date).exact == "24 November 2026, 06:36 UTC")
        #expect(Moment(date, now: date).iso == "2026-11-24T06:36:05Z")
    }

    @Test func aLogInLeadsOnlyToThisSite() {
        for path in ["/analyses", "/analyses/new?sample=1"] { #expect(LocalPath.safe(path) == path) }
        for path in [
            nil, "", "analyses", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x",
            "/\t/evil.example", "/" + String(repeating: "a", count: 600),
        ] {
            #expect(LocalPath.safe(path) == "/home", "\(path ?? "nil")")
        }
        #expect(LoginRedirect(target: "/analyses?a=b&c").location == "/login?next=%2Fanalyses%3Fa%3Db%26c")
        #expect(LoginRedirect(target: "/home").location == "/login")
        #expect(LoginRedirect(target: "/home", isUnsaved: true).location == "/login?unsaved=1")
    }

    @Test func staticAddressesCarryTheirContentsHash() throws {
        let files = try Fixtures.files()
        #expect(files.address("style.css").contains(/^\/static\/style\.[0-9a-f]{12}\.css$/))
        #expect(Set(files.addresses.values).count == files.addresses.count)
    }
}
