import Contracts
package import Foundation
import Postgres

/// Faces by their looks, and the photos that they are in.
package struct TrendCounts: Sendable, Equatable {
    /// Photos with a result, those without a face among them.
    package internal(set) var photos = 0
    /// Those of them that count when they were taken; the others count when they were sent.
    package internal(set) var photosByDateTaken = 0
    /// By class and `unsure`; a look that no face has is not there.
    package internal(set) var looks: [String: Int] = [:]

    package init(photos: Int = 0, photosByDateTaken: Int = 0, looks: [String: Int] = [:]) {
        self.photos = photos
        self.photosByDateTaken = photosByDateTaken
        self.looks = looks
    }

    package var faces: Int { looks.values.reduce(0, +) }
    package subscript(look: String) -> Int { looks[look] ?? 0 }

    /// The class that most faces have, and of equals the first; nil where no face has one.
    package var commonest: String? {
        let most = Emotion.names.map { self[$0] }.max() ?? 0
        return most > 0 ? Emotion.names.first { self[$0] == most } : nil
    }

    static func + (one: TrendCounts, other: TrendCounts) -> TrendCounts {
        TrendCounts(
            photos: one.photos + other.photos, photosByDateTaken: one.photosByDateTaken + other.photosByDateTaken,
            looks: one.looks.merging(other.looks, uniquingKeysWith: +))
    }

    /// Adds so many photos, each with faces as the database's `look_counts` tells them.
    mutating func add(_ photos: Int, _ packed: Int, byDateTaken: Bool) {
        self.photos += photos
        if byDateTaken { photosByDateTaken += photos }
        let packed = UInt64(bitPattern: Int64(packed))
        for (place, look) in TrendQuery.looks.enumerated() {
            let faces = Int(packed >> (8 * UInt64(place)) & 0xFF)
            if faces > 0 { looks[look, default: 0] += faces * photos }
        }
    }
}

/// What there is of one topic.
package struct TrendSeries: Sendable, Equatable {
    package let topic: TrendTopic
    /// As many as the plan has bars.
    package let bars: [TrendCounts]
    /// The same time before; nil where the period has no beginning.
    package let before: TrendCounts?
    /// Photos of which somebody said that they are taken after today: no bar has them.
    package let photosLater: Int

    package init(topic: TrendTopic, bars: [TrendCounts], before: TrendCounts?, photosLater: Int = 0) {
        self.topic = topic
        self.bars = bars
        self.before = before
        self.photosLater = photosLater
    }

    /// All bars together.
    package var total: TrendCounts { bars.reduce(TrendCounts(), +) }
}

/// Looks over time.
package struct Trend: Sendable, Equatable {
    package let query: TrendQuery
    package let plan: TrendPlan
    /// One or two.
    package let series: [TrendSeries]

    package init(query: TrendQuery, plan: TrendPlan, series: [TrendSeries]) {
        self.query = query
        self.plan = plan
        self.series = series
    }
}

extension AnalysisStore {
    /// Counts the faces of a person's photos over time, as people corrected them.
    ///
    /// A photo counts on the day on which it was taken, by the clock there, and without one on the day on which it was sent, in
    /// `zone`. What is in the bin does not count.
    package func trend(
        _ query: TrendQuery, owner: UUID, zone: TimeZone, now: Date = Date()
    ) async throws -> Trend {
        let today = TrendCalendar.day(now, in: zone)
        let topics = [query.topic] + (query.compared.map { [$0] } ?? [])
        let earliest = query.period == .all ? try await earliest(topics, owner, zone) : nil
        let plan = TrendPlan(query, today: today, earliest: earliest)
        let tomorrow = TrendCalendar.adding(1, to: today)
        // What lies after today is a span of its own, so that it can be told.
        let later = TrendSpan(first: tomorrow, end: TrendCalendar.adding(400_000, to: tomorrow))
        let spans = plan.bars + [later] + (plan.before.map { [$0] } ?? [])
        // Two at the same time: each takes a core of the server for a while.
        async let first = series(topics[0], plan, spans, owner, zone)
        async let second = topics.count > 1 ? series(topics[1], plan, spans, owner, zone) : nil
        return Trend(query: query, plan: plan, series: [try await first] + (try await second.map { [$0] } ?? []))
    }

    /// - Parameter spans: the plan's bars, what lies after them, and what lies before where the plan has that.
    private func series(
        _ topic: TrendTopic, _ plan: TrendPlan, _ spans: [TrendSpan], _ owner: UUID, _ zone: TimeZone
    ) async throws -> TrendSeries {
        var counts = try await counts(topic, spans, owner, zone)
        let before = plan.before == nil ? nil : counts.removeLast()
        let photosLater = counts.removeLast().photosByDateTaken
        return TrendSeries(topic: topic, bars: counts, before: before, photosLater: photosLater)
    }

    private static func key(_ topic: TrendTopic) -> Statement {
        switch topic {
        case .everything: "''"
        case .subject(let subject): "trend_subject(\(subject))"
        case .tag(let tag): "'tag:' || \(tag)"
        }
    }

    /// For each span what is in it. Each is read from pieces of one index, and nothing else is.
    private func counts(
        _ topic: TrendTopic, _ spans: [TrendSpan], _ owner: UUID, _ zone: TimeZone
    ) async throws -> [TrendCounts] {
        let (starts, ends) = (spans.map { TrendCalendar.text($0.first) }, spans.map { TrendCalendar.text($0.end) })
        let of: Statement = "user_id = \(owner) AND topic = \(Self.key(topic))"
        let zone = zone.identifier
        let rows = try await database.query(
            """
            SELECT place, is_taken, looks, photos
            FROM unnest(\(starts)::timestamp[], \(ends)::timestamp[]) WITH ORDINALITY AS span (start, stop, place),
            LATERAL (
                SELECT true AS is_taken, looks, count(*) AS photos FROM trend_rows
                WHERE \(of) AND taken_at >= start AND taken_at < stop GROUP BY looks
                UNION ALL
                SELECT false, looks, count(*) FROM trend_rows
                WHERE \(of) AND taken_at IS NULL AND sent_at >= start AT TIME ZONE \(zone)
                    AND sent_at < stop AT TIME ZONE \(zone) GROUP BY looks
            ) AS found
            """)
        var counts = Array(repeating: TrendCounts(), count: spans.count)
        for row in rows {
            let (place, isTaken, looks, photos) = try row.decode((Int, Bool, Int, Int).self)
            counts[place - 1].add(photos, looks, byDateTaken: isTaken)
        }
        return counts
    }

    /// The first day of which there is a photo: the ends of an index, which min() of what is NULL beside it would not find.
    private func earliest(_ topics: [TrendTopic], _ owner: UUID, _ zone: TimeZone) async throws -> Date? {
        var first: Date?
        for topic in topics {
            let of: Statement = "user_id = \(owner) AND topic = \(Self.key(topic))"
            let row = try await database.first(
                """
                SELECT to_char(least(
                    (SELECT taken_at FROM trend_rows WHERE \(of) AND taken_at IS NOT NULL ORDER BY taken_at LIMIT 1),
                    (SELECT sent_at FROM trend_rows WHERE \(of) AND taken_at IS NULL ORDER BY taken_at, sent_at LIMIT 1)
                        AT TIME ZONE \(zone.identifier)), 'YYYY-MM-DD')
                """)
            guard let day = try row?.decode(String?.self).flatMap(TrendCalendar.day) else { continue }
            first = min(first ?? day, day)
        }
        return first
    }

    /// The subjects of a person's newest analyses, those first that most of them have.
    package func recentSubjects(owner: UUID) async throws -> [String] {
        try await database.query(
            """
            SELECT min(subject) FROM (
                SELECT subject FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL
                ORDER BY submitted_at DESC, id DESC LIMIT 500
            ) AS newest WHERE subject <> ''
            GROUP BY lower(subject) ORDER BY count(*) DESC, min(subject) LIMIT 30
            """
        ).map { try $0.decode(String.self) }
    }
}
