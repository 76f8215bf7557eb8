import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Reports

/// Numbers that are the same in every run.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

@Suite struct TrendTests {
    private static func moment(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    private static func about(
        _ subject: String = "", tags: [String] = [], taken: String? = nil
    ) -> AnalysisInformation {
        AnalysisInformation(title: "x", subject: subject, tags: tags, takenAt: taken)
    }

    private static func query(_ fields: [String: String]) throws -> TrendQuery { try TrendQuery { fields[$0] } }

    /// Results of many kinds, as a restored database would bring them: without a photo.
    private func fill(_ site: Site, _ owner: UUID, _ count: Int, until now: Date, _ numbers: inout SeededNumbers)
        async throws
    {
        let columns = [
            "id", "user_id", "status", "lane", "subject", "tags", "taken_at", "file_name", "content_type",
            "photo_bytes",
            "request_id", "submitted_at", "queued_at", "started_at", "finished_at", "width", "height", "preview_width",
            "preview_height", "face_count", "faces", "corrections", "model_name", "model_version", "timings_ms",
            "binned_at",
        ]
        for _ in 0..<count {
            let sent = now.addingTimeInterval(-Double.random(in: 0...(86_400 * 420), using: &numbers))
            // Some lie near the hours at which clocks are changed and days begin.
            let changes = try [
                "2026-03-28T23:30:00Z", "2026-03-29T00:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z",
            ]
            .map(Self.moment)
            let at = Bool.random(using: &numbers) ? sent : changes.randomElement(using: &numbers) ?? sent
            let taken =
                Int.random(in: 0..<3, using: &numbers) == 0
                ? sent.addingTimeInterval(Double.random(in: -86_400 * 60...86_400 * 3, using: &numbers)) : nil
            let faces = (0..<Int.random(in: 0...4, using: &numbers)).map { index in
                var face = Site.face(
                    index + 1, HistoryFilter.emotions[Int.random(in: 0..<7, using: &numbers)],
                    notSure: Int.random(in: 0..<5, using: &numbers) == 0)
                face.box = .init(x: Double(index) * 100, y: 10, width: 60, height: 70)
                return face
            }
            var said = faces.filter { _ in Int.random(in: 0..<4, using: &numbers) == 0 }.map {
                Correction(box: $0.box, look: SaidLook.allCases.randomElement(using: &numbers) ?? .sad, mayTrain: false)
            }
            if Int.random(in: 0..<6, using: &numbers) == 0 {
                said.append(
                    Correction(box: .init(x: 300, y: 400, width: 40, height: 50), look: .fear, mayTrain: false))
            }
            let findings = try JSONEncoder().encode(Findings(faces: faces, facesCut: false, faceCrop: false))
            let json = said.isEmpty ? nil : try Correction.json(said)
            let tags = ["lake", "boat", "work"].filter { _ in Bool.random(using: &numbers) }
            let subject = ["", "Ada", "ADA", "Łucja"].randomElement(using: &numbers) ?? ""
            let binned = Int.random(in: 0..<10, using: &numbers) == 0 ? now : nil
            let clock = taken.map { $0.formatted(.iso8601) }
            let row: Statement = """
                SELECT gen_random_uuid(), \(owner), 'finished', 'bulk', \(subject), \(tags),
                    (\(clock)::timestamptz AT TIME ZONE 'UTC')::timestamp, 'x.jpg', 'image/jpeg', 1, 'test', \(at), \(at),
                    \(at), \(at), 512, 512, 512, 512, \(faces.count)::int,
                    \(String(decoding: findings, as: UTF8.self))::jsonb, \(json)::jsonb, 'm', '1', '{}'::jsonb,
                    \(binned)::timestamptz
                """
            try await site.database.execute(AnalysisLifecycle.madeUp(columns, row))
        }
    }

    /// The same by looking at each photo.
    private func recount(_ all: [Analysis], _ topic: TrendTopic, _ span: TrendSpan, _ zone: TimeZone) -> TrendCounts {
        var counts = TrendCounts()
        for analysis in all {
            switch topic {
            case .everything: break
            case .tag(let tag): guard analysis.tags.contains(tag) else { continue }
            case .subject(let subject): guard analysis.subject.lowercased() == subject.lowercased() else { continue }
            }
            let day =
                analysis.takenAt.map { String($0.prefix(10)) }
                ?? TrendCalendar.text(TrendCalendar.day(analysis.submittedAt, in: zone))
            guard day >= TrendCalendar.text(span.first), day < TrendCalendar.text(span.end) else { continue }
            counts =
                counts
                + TrendCounts(
                    photos: 1, photosByDateTaken: analysis.takenAt == nil ? 0 : 1,
                    looks: analysis.looks.reduce(into: [:]) { $0[$1, default: 0] += 1 })
        }
        return counts
    }

    @Test func everyFaceIsCountedAsOneWhoLooksAtEachPhotoCountsIt() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person().user.id, try await site.person("Eve").user.id)
            let now = try Self.moment("2026-11-24T22:40:00Z")
            var numbers = SeededNumbers(state: 5)
            try await fill(site, ada, 260, until: now, &numbers)
            try await fill(site, eve, 40, until: now, &numbers)
            let all = try await site.store.history(owner: ada, before: nil, limit: 1_000).items
            #expect(all.count > 200 && all.contains { !$0.missed.isEmpty } && all.contains { $0.takenAt != nil })
            var faces = 0
            for zone in ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "GMT"] {
                let zone = try #require(TimeZone(identifier: zone))
                for fields in [
                    ["period": "30d"], ["period": "90d", "of": "tag:lake", "with": "tag:work"],
                    ["period": "all", "step": "day"],
                    ["period": "12m", "step": "week", "of": "subject:ada"], ["period": "all", "with": "subject:łucja"],
                    ["period": "12m", "of": "tag:nowhere"],
                ] {
                    let trend = try await site.store.trend(try Self.query(fields), owner: ada, zone: zone, now: now)
                    for series in trend.series {
                        for (span, counts) in zip(trend.plan.bars, series.bars) {
                            #expect(counts == recount(all, series.topic, span, zone), "\(fields) \(zone) \(span)")
                        }
                        let before = trend.plan.before.map { recount(all, series.topic, $0, zone) }
                        #expect(series.before == before, "\(fields) \(zone)")
                        let later = TrendSpan(first: trend.plan.bars.last?.end ?? now, end: .distantFuture)
                        #expect(series.photosLater == recount(all, series.topic, later, zone).photos)
                        faces += series.total.faces
                    }
                }
                let everything = try await site.store.trend(
                    try Self.query(["period": "all"]), owner: ada, zone: zone, now: now)
                let total = everything.series[0]
                #expect(total.total.photos + total.photosLater == all.count, "nothing lies before the first bar")
            }
            #expect(faces > 1_000)
        }
    }

    @Test func barsFollowEachOtherToTodayAndAreNotTooMany() throws {
        let today = try #require(TrendCalendar.day("2026-11-25"))
        for earliest in ["2026-11-25", "2026-11-01", "2025-12-30", "1999-02-03", "1801-01-01"] {
            for period in TrendQuery.Period.allCases {
                for step in TrendQuery.Step.allCases.map(Optional.some) + [nil] {
                    for compared in [nil, TrendTopic.tag("lake")] {
                        var query = TrendQuery()
                        (query.period, query.step, query.compared) = (period, step, compared)
                        let plan = TrendPlan(query, today: today, earliest: TrendCalendar.day(earliest))
                        #expect(plan.bars.last?.last == today)
                        for (one, next) in zip(plan.bars, plan.bars.dropFirst()) { #expect(one.end == next.first) }
                        let most = compared == nil ? TrendPlan.mostBars : TrendPlan.mostBarsOfTwo
                        #expect(plan.bars.count <= most || plan.step == .year, "\(query) \(earliest)")
                        #expect(plan.isCoarser == (step != nil && step != plan.step))
                        if let before = plan.before { #expect(before.end == plan.bars[0].first) }
                    }
                }
            }
        }
        let plan = TrendPlan(TrendQuery(), today: today, earliest: nil)
        // The first week begins where the time does.
        #expect(
            TrendCalendar.text(plan.bars[0].first) == "2026-08-28"
                && TrendCalendar.text(plan.bars[1].first) == "2026-08-31")
        #expect(plan.before.map { TrendCalendar.text($0.first) } == "2026-05-30")
    }

    @Test func whatIsSaidEditedBinnedAndDeletedCountsAtOnce() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let owner = ada.user.id
            func looks(_ topic: String = "all", _ period: String = "30d") async throws -> [String: Int] {
                let query = try Self.query(["of": topic, "period": period])
                return try await site.store.trend(query, owner: owner, zone: .gmt).series[0].total.looks
            }
            let id = try await site.analysis(
                of: owner, faces: [Site.face(1, "happy"), Site.face(2, "sad", 0.3, notSure: true)],
                about: Self.about("Ada", tags: ["lake"]))
            #expect(try await looks() == ["happy": 1, "unsure": 1])
            #expect(try await looks("tag:lake") == looks())
            #expect(try await looks("subject:ADA") == looks())
            _ = try await site.store.correct(id, face: 1, as: .fear, mayTrain: false, owner: owner)
            #expect(try await looks() == ["fear": 1, "unsure": 1])
            _ = try await site.store.correct(id, face: 1, as: .notAFace, mayTrain: false, owner: owner)
            #expect(try await looks("tag:lake") == ["unsure": 1])
            _ = try await site.store.withdrawCorrection(id, face: 1, owner: owner)
            _ = try await site.store.update(
                id, owner: owner, to: Self.about("Eve", tags: ["boat"], taken: "2001-05-06T10:00"),
                fields: AnalysisInformation.fields)
            for topic in ["tag:lake", "subject:Ada", "tag:boat"] { #expect(try await looks(topic).isEmpty, "\(topic)") }
            #expect(try await looks("tag:boat", "all") == ["happy": 1, "unsure": 1])
            _ = try await site.store.remove(.some([id]), owner: owner, binDays: 30)
            #expect(try await looks("all", "all").isEmpty)
            let rows = try await site.database.first("SELECT count(*) FROM trend_rows")?.decode(Int.self)
            #expect(rows == 0)
            try await site.store.restore(.someInBin([id]), owner: owner)
            #expect(try await looks("subject:eve", "all") == ["happy": 1, "unsure": 1])
            _ = try await site.store.delete(id, owner: owner)
            #expect(try await looks("all", "all").isEmpty)
        }
    }

    /// What was there before is counted by the migration, what comes by a trigger.
    @Test func theMigrationCountsAsTheTriggerDoes() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            var numbers = SeededNumbers(state: 9)
            try await fill(site, ada, 60, until: Date(), &numbers)
            func rows() async throws -> [String] {
                try await site.database.query("SELECT t::text FROM trend_rows t ORDER BY 1").map {
                    try $0.decode(String.self)
                }
            }
            let kept = try await rows()
            #expect(kept.count > 100)
            let file = Site.root.appendingPathComponent("Migrations/0017_trends.up.sql")
            let text = try String(contentsOf: file, encoding: .utf8)
            let insert = try #require(text.firstMatch(of: /\nINSERT INTO trend_rows[^;]*;/))
            try await site.database.execute("DELETE FROM trend_rows")
            try await site.database.execute(Statement(unescaped: String(insert.0.dropLast())))
            #expect(try await rows() == kept)
        }
    }

    @Test func aPersonSeesTheirOwnPhotosAlone() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy")], about: Self.about("Secret aunt", tags: ["hidden"]))
            let page = try await eve.get("/trends?of=tag:hidden&period=all")
            #expect(page.status == .ok && !page.text.contains("aunt") && !page.text.contains("1 face"))
            #expect(try await eve.get("/trends.csv?of=tag:hidden&period=all").text.split(separator: "\r\n").count == 2)
            let program = try await Program(site)
            let answer = try await program.send(.get, "/trends?of=tag:hidden&period=all").object()
            let series = try #require((answer["series"] as? [[String: Any]])?.first)
            #expect((series["total"] as? [String: Any])?["photos"] as? Int == 0)
            let visitor = try await site.client.executeRequest(uri: "/trends", method: .get, headers: [:], body: nil)
            #expect(visitor.status == .seeOther && visitor.headers[.location]?.hasPrefix("/login") == true)
            let writer = try await Program(site, scopes: [.writeAnalyses])
            #expect(try await writer.send(.get, "/trends").status == .forbidden)
        }
    }

    @Test func aWrongFieldIsNamedWithWhatItTakes() async throws {
        try await Site.run { site in
            let (ada, program) = (try await site.person(), try await Program(site))
            let wrong = [
                ("of=lake", "tag:lake"), ("of=tag:", "tag:lake"), ("with=everything", "tag:lake"),
                ("with=all", "something else"),
                ("of=tag:lake&with=tag:LAKE", "something else"), ("period=7d", "30d, 90d, 12m, all"),
                ("step=hour", "day, week, month, year"), ("look=none", "neutral, unsure"),
                ("of=tag:\(String(repeating: "a", count: 300))", "tag:lake"),
            ]
            for (query, words) in wrong {
                for path in ["/trends", "/trends.csv"] {
                    let answer = try await ada.get("\(path)?\(query)")
                    #expect(answer.status == .badRequest && answer.text.contains(words), "\(path) \(query)")
                }
                let answer = try await program.send(.get, "/trends?\(query)")
                #expect(answer.status == .badRequest, "\(query)")
                let field = String(query.split(separator: "&").last?.prefix { $0 != "=" } ?? "")
                #expect((try answer.object()["errors"] as? [String: String])?.keys.contains(field) == true, "\(query)")
            }
            #expect(try await ada.get("/trends?show=volume").text.contains("share, count"))
            // A form sends its empty fields; a program that sends one has lost a value.
            #expect(try await ada.get("/trends?of=&with=&step=").status == .ok)
            #expect(try await program.send(.get, "/trends?of=").status == .badRequest)
            #expect(try await program.send(.get, "/trends?colour=red").status == .badRequest)
        }
    }

    @Test func aBarLeadsToItsPhotosAndTheNumbersAreSafeToOpen() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let tag = "=cmd()"
            let ids = try await [
                ("2026-03-02T09:00", "happy"), ("2026-03-04T09:00", "sad"), ("2026-03-10T09:00", "happy"),
            ]
            .asyncMap { taken, look in
                try await site.analysis(
                    of: ada.user.id, faces: [Site.face(1, look)], about: Self.about(tags: [tag], taken: taken))
            }
            try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")], about: Self.about(tags: ["other"]))
            let page = try await ada.get("/trends?of=tag:%3Dcmd()&period=all&step=month").text
            #expect(page.contains("Happy in 2 of 3 faces: too few to say more."))
            #expect(page.contains("3 photos count by the day on which they were taken."))
            // Each look of a bar has its texture, and both are in the page.
            for texture in [3, 4] {
                #expect(page.contains("fill=\"url(#t\(texture))\" y=") && page.contains("<pattern id=\"t\(texture)\""))
            }
            let march = try #require(page.matches(of: /<th scope="row"><a href="([^"]*)">2 to 31 March 2026/).first)
            let photos = try await ada.get(String(march.1).replacing("&amp;", with: "&")).text
            #expect(photos.contains("3 found") && ids.allSatisfy { photos.contains($0.lower) })
            let happy = try #require(page.matches(of: /href="(\/analyses[^"]*from=2026-03[^"]*emotion=happy)"/).first)
            let found = try await ada.get(String(happy.1).replacing("&amp;", with: "&")).text
            #expect(found.contains("2 found") && !found.contains(ids[1].lower))
            // Every look has a texture that no other has.
            let textures = page.matches(of: /<pattern id="t(\d)"[^>]*>(.*?)<\/pattern>/).map { String($0.2) }
            let marks = textures.map { $0.replacing(/<rect[^>]*>/, with: "") }
            #expect(Set(marks).count == TrendQuery.looks.count && textures.count == TrendQuery.looks.count)

            let csv = try await ada.get("/trends.csv?of=tag:%3Dcmd()&with=all&period=all&step=month")
            #expect(csv.headers[.contentType]?.hasPrefix("text/csv") == true)
            let lines = csv.text.split(separator: "\r\n")
            #expect(
                lines[0]
                    == "\u{FEFF}of,from,until,photos,photos_by_date_taken,faces,angry,disgust,fear,happy,sad,surprise,neutral,not_sure"
            )
            #expect(lines[1].hasPrefix("tag:=cmd(),2026-03-02,2026-03-31,3,3,3,0,0,0,2,1,0,0,0"))
        }
    }

    @Test func theHistoryFindsWhatATrendCounts() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            let now = try Self.moment("2026-11-24T22:40:00Z")
            var numbers = SeededNumbers(state: 3)
            try await fill(site, ada, 120, until: now, &numbers)
            for zone in ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"] {
                let zone = try #require(TimeZone(identifier: zone))
                for of in ["all", "tag:boat", "subject:aDa"] {
                    let trend = try await site.store.trend(
                        try Self.query(["of": of, "period": "12m"]), owner: ada, zone: zone, now: now)
                    for (span, counts) in zip(trend.plan.bars, trend.series[0].bars) {
                        let address = TrendsModel.history(trend.query.topic, span, nil)
                        let fields = QueryFields(address.split(separator: "?").last.map(String.init))
                        let filter = try HistoryFilter(in: zone) { fields[$0] }
                        let found = try await site.store.history(owner: ada, filter: filter, before: nil, limit: 500)
                        #expect(found.items.count == counts.photos, "\(address)")
                    }
                }
            }
        }
    }

    @Test func aSentenceSaysWhatIsKnownAndNoMore() throws {
        func sentence(_ now: [String: Int], _ before: [String: Int], _ fields: [String: String] = [:]) throws -> String
        {
            let query = try Self.query(fields)
            let today = try #require(TrendCalendar.day("2026-11-25"))
            let plan = TrendPlan(query, today: today, earliest: nil)
            let series = TrendSeries(
                topic: query.topic, bars: [TrendCounts(photos: 9, looks: now)],
                before: plan.before.map { _ in TrendCounts(photos: 9, looks: before) })
            return TrendWords.summary(series, Trend(query: query, plan: plan, series: [series]))
                .replacing("\u{A0}", with: " ")
        }
        #expect(
            try sentence(["happy": 430, "sad": 570], ["happy": 350, "sad": 650], ["look": "happy"])
                == "Happy in 43 % of 1,000 faces, 8 points more than in the 90 days before.")
        #expect(
            try sentence(["happy": 43, "sad": 57], ["happy": 35, "sad": 65], ["look": "happy", "period": "30d"])
                == "Happy in 43 % of 100 faces, 8 points more than in the 30 days before, which may be chance.")
        #expect(
            try sentence(["sad": 5, "happy": 2], [:])
                == "Sad in 5 of 7 faces: too few to say more. By chance alone it could have been anything from 36 % to 92 %."
        )
        #expect(
            try sentence(["sad": 100], [:])
                == "Sad in 100 % of 100 faces. There is nothing to compare with: no faces in the 90 days before.")
        #expect(
            try sentence(["fear": 100], ["fear": 1])
                == "Afraid in 100 % of 100 faces. There is too little to compare with: only 1 face in the 90 days before."
        )
        #expect(try sentence(["unsure": 90], [:], ["period": "all"]) == "Not sure in 100 % of 90 faces.")
        #expect(try sentence(["sad": 100], ["sad": 100]).hasSuffix("of 100 faces, as in the 90 days before."))
        #expect(try sentence([:], ["sad": 3]) == "No faces in this time.")
    }

    /// The examples of the papers that the formulas come from.
    @Test func intervalsAreThoseOfWilsonAndNewcombe() {
        func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        for (count, all, low, high) in [
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
        ] {
            let interval = ShareInterval(count, of: all)
            #expect(rounded(interval.low) == low && rounded(interval.high) == high)
        }
        #expect(!ShareInterval(56, of: 70).mayEqual(ShareInterval(48, of: 80)))
        #expect(!ShareInterval(9, of: 10).mayEqual(ShareInterval(3, of: 10)))
        #expect(ShareInterval(5, of: 56).mayEqual(ShareInterval(0, of: 29)))
        #expect(ShareInterval(0, of: 0).isTooWide && !ShareInterval(0, of: 20).isTooWide)
    }
}

extension Sequence {
    /// One after the other.
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
