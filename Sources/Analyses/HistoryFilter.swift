import Contracts
package import Foundation
import Postgres
import ServiceSupport

/// Which analyses of the history are looked for.
package struct HistoryFilter: Sendable, Equatable {
    /// Words of title, subject, notes, file name and tags, each maybe the beginning of one; or a tag as it is, or its beginning.
    package var text = ""
    package var emotion: String?
    package var state: State?
    package var tag: String?
    /// Who or what is shown, however its letters are written.
    package var subject: String?
    /// The first and the last of its days, where the person is; `2026-11-24`.
    package var from: String?
    package var until: String?
    /// On which days they are.
    package var dates = Dates.sent
    /// Where its days begin.
    package var zone = TimeZone.gmt
    package var order = Order.newest

    /// States as people tell them apart.
    package enum State: String, Sendable, CaseIterable {
        case waiting, finished, failed, cancelled
    }

    /// The day that counts.
    package enum Dates: String, Sendable, CaseIterable {
        case sent
        /// When a photo was taken, by the clock there; of one whose day nobody said, when it was sent.
        case taken
    }

    /// By what they are sorted.
    package enum Order: String, Sendable, CaseIterable {
        /// Those first that were sent last, or first.
        case newest, oldest
        /// Those first that were taken last; of one whose day nobody said, when it was sent counts.
        case taken
    }

    /// What may stand for `emotion`: the classes, `unsure` and `none`.
    package static let emotions = Emotion.names + ["unsure", "none"]

    /// Whether it finds everything, in whatever order.
    package var isEmpty: Bool { conditionFields.isEmpty }

    /// Reads the fields of the filter's form; an empty one filters nothing.
    ///
    /// - Throws: ``HistoryFilterRefusal``.
    package init(in zone: TimeZone, _ field: (String) -> String?) throws {
        self.zone = zone
        func value(_ name: String) -> String? {
            let text = (field(name) ?? "").asField
            return text.isEmpty ? nil : text.beginning(200)
        }
        text = value("q") ?? ""
        tag = value("tag").map(AnalysisInformation.tag)
        subject = value("subject")
        emotion = try value("emotion").map {
            guard Self.emotions.contains($0) else {
                throw HistoryFilterRefusal(
                    field: "emotion", value: $0, accepted: Self.emotions.joined(separator: ", "))
            }
            return $0
        }
        state = try value("state").map { try Self.word("state", $0) }
        order = try value("order").map { try Self.word("order", $0) } ?? .newest
        dates = try value("dates").map { try Self.word("dates", $0) } ?? .sent
        from = try value("from").map { try Self.day("from", $0) }
        until = try value("until").map { try Self.day("until", $0) }
    }

    /// Nothing is filtered.
    package init() {}

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ text: String
    ) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            throw HistoryFilterRefusal(
                field: name, value: text, accepted: Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    private static func day(_ name: String, _ text: String) throws -> String {
        guard text.count == 10, AnalysisInformation.clock(text) != nil else {
            throw HistoryFilterRefusal(field: name, value: text, accepted: "a day such as 2026-11-24")
        }
        return text
    }

    /// The same as fields, for links.
    package var fields: [(name: String, value: String)] {
        conditionFields + (order == .newest ? [] : [("order", order.rawValue)])
    }

    private var conditionFields: [(name: String, value: String)] {
        [
            ("q", text), ("emotion", emotion ?? ""), ("state", state?.rawValue ?? ""), ("tag", tag ?? ""),
            ("subject", subject ?? ""), ("from", from ?? ""), ("until", until ?? ""),
            ("dates", dates == .taken && (from ?? until) != nil ? dates.rawValue : ""),
        ].filter { !$0.1.isEmpty }
    }

    /// Conditions on `analyses`, each with an AND before it.
    var conditions: Statement {
        var all = others
        if let words { all.append(" AND \(words)") }
        return all
    }

    /// The condition on what is written; nil where nothing is looked for. Without a letter or a digit it may be a tag still.
    var words: Statement? {
        guard let tag = Self.tagQuery(text) else { return nil }
        guard let query = Self.query(text) else { return "words @@ \(tag)::tsquery" }
        return "words @@ (to_tsquery('simple', \(query)) || \(tag)::tsquery)"
    }

    /// Conditions on all else.
    var others: Statement {
        var all = Statement(unescaped: "")
        if let emotion { all.append(" AND emotion = \(emotion)") }
        switch state {
        case .waiting?: all.append(" AND \(AnalysisStatus.openCondition)")
        case let state?: all.append(" AND status = \(state.rawValue)")
        case nil: break
        }
        if let tag { all.append(" AND tags @> \([tag])") }
        if let subject {
            // Its words first, which an index finds; cut as those that it has are.
            if Self.query(subject) != nil {
                all.append(" AND words @@ plainto_tsquery('simple', plain_words(\(subject)))")
            }
            all.append(" AND lower(subject) = lower(\(subject))")
        }
        all.append(days)
        return all
    }

    private var days: Statement {
        var days = Statement(unescaped: "")
        let zone = self.zone.identifier
        switch dates {
        case .sent:
            if let from { days.append(" AND submitted_at >= (\(from)::timestamp AT TIME ZONE \(zone))") }
            if let until {
                days.append(" AND submitted_at < ((\(until)::timestamp + interval '1 day') AT TIME ZONE \(zone))")
            }
        case .taken:
            // What an index has, in UTC; no zone is as much as a day away from it.
            let known: Statement = "coalesce(taken_at, submitted_at AT TIME ZONE 'UTC')"
            let local: Statement = "coalesce(taken_at, submitted_at AT TIME ZONE \(zone))"
            if let from {
                days.append(" AND \(known) >= \(from)::timestamp - interval '1 day'")
                days.append(" AND \(local) >= \(from)::timestamp")
            }
            if let until {
                days.append(" AND \(known) < \(until)::timestamp + interval '2 days'")
                days.append(" AND \(local) < \(until)::timestamp + interval '1 day'")
            }
        }
        return days
    }

    /// Every word as the beginning of one, and all of them. Only letters and digits get into it: nothing of a person's
    /// text is taken for an operator.
    package static func query(_ text: String) -> String? {
        let words = text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).prefix(10)
        return words.isEmpty ? nil : words.map { "\($0):*" }.joined(separator: " & ")
    }

    /// The whole text as the beginning of a tag, each of which is kept as one word, whatever is in it. Between quotation marks
    /// nothing of it is taken for an operator; they and backslashes are doubled there. Nil where there is nothing between them, which
    /// PostgreSQL does not take.
    static func tagQuery(_ text: String) -> String? {
        let tag = AnalysisInformation.tag(text)
        guard !tag.isEmpty else { return nil }
        var quoted = String.UnicodeScalarView()
        for scalar in tag.unicodeScalars {
            if scalar == "'" || scalar == "\\" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        return "'\(String(quoted))':*"
    }
}

/// A field of the filter holds what it does not take.
package struct HistoryFilterRefusal: Error {
    package let field: String
    package let value: String
    /// What it takes, in words.
    package let accepted: String
}

/// How many analyses a filter finds.
package struct HistoryCount: Sendable {
    /// No further than one more than ``largest``, which stands for any number above it.
    package let found: Int
    /// By class, `unsure` and `none`; nil where there are too many to count them all.
    package let byLook: [String: Int]?

    /// Counting a hundred thousand costs more than the page.
    package static let largest = 1_000

    package init(found: Int, byLook: [String: Int]?) {
        self.found = found
        self.byLook = byLook
    }
}

extension AnalysisStore {
    /// How many analyses the filter finds, and how many with each look it would find if it named none.
    package func count(owner: UUID, filter: HistoryFilter) async throws -> HistoryCount {
        var others = filter
        others.emotion = nil
        var statement: Statement = "SELECT coalesce(emotion, ''), count(*) FROM ("
        statement.append("SELECT emotion FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL")
        statement.append(others.conditions)
        statement.append(" LIMIT \(HistoryCount.largest + 1)) AS found GROUP BY emotion")
        let looks = try await database.query(statement).map { try $0.decode((String, Int).self) }
        let total = looks.reduce(0) { $0 + $1.1 }
        guard total > HistoryCount.largest else {
            let byLook = Dictionary(uniqueKeysWithValues: looks)
            return HistoryCount(found: filter.emotion.map { byLook[$0] ?? 0 } ?? total, byLook: byLook)
        }
        guard filter.emotion != nil else { return HistoryCount(found: total, byLook: nil) }
        var narrow: Statement = "SELECT count(*) FROM ("
        narrow.append("SELECT 1 FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL")
        narrow.append(filter.conditions)
        narrow.append(" LIMIT \(HistoryCount.largest + 1)) AS found")
        return HistoryCount(found: try await database.first(narrow)?.decode(Int.self) ?? 0, byLook: nil)
    }

    /// The tags of a person's newest analyses, those first that most of them have.
    package func recentTags(owner: UUID) async throws -> [String] {
        try await database.query(
            """
            SELECT tag FROM (
                SELECT tags FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL
                ORDER BY submitted_at DESC, id DESC LIMIT 500
            ) AS newest, unnest(newest.tags) AS tag
            GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 30
            """
        ).map { try $0.decode(String.self) }
    }

    /// The ids of those that the filter finds, `limit` at most.
    package func ids(owner: UUID, filter: HistoryFilter, limit: Int) async throws -> [UUID] {
        var statement: Statement = "SELECT id FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL"
        statement.append(filter.conditions)
        statement.append(" LIMIT \(limit)")
        return try await database.query(statement).map { try $0.decode(UUID.self) }
    }

    /// A page of a person's analyses in the filter's order, behind the cursor.
    ///
    /// - Parameter toTheEnd: whether all pages are read, one after the other.
    package func history(
        owner: UUID, filter: HistoryFilter = HistoryFilter(), before cursor: ListCursor?, limit: Int,
        toTheEnd: Bool = false
    ) async throws -> HistorySlice {
        let sorting =
            switch filter.order {
            case .newest: ListSorting.newest
            case .oldest: ListSorting(key: "submitted_at", isAscending: true) { $0.submittedAt }
            case .taken:
                ListSorting(key: "coalesce(taken_at, submitted_at AT TIME ZONE 'UTC')", isLocal: true) {
                    $0.takenOrSubmittedAt
                }
            }
        return try await slice(
            "binned_at IS NULL", owner, filter, sorting, before: cursor, limit: limit, toTheEnd: toTheEnd)
    }

    func slice(
        _ place: Statement, _ owner: UUID, _ filter: HistoryFilter, _ sorting: ListSorting, before cursor: ListCursor?,
        limit: Int, toTheEnd: Bool = false
    ) async throws -> HistorySlice {
        var condition: Statement = "user_id = \(owner) AND "
        condition.append(place)
        condition.append(filter.others)
        if let cursor { condition.append(" AND \(sorting.condition(behind: cursor))") }
        let page = HistoryPageQuery(condition: condition, sorting: sorting, limit: limit + 1)
        var rows: [Row]
        if let words = filter.words, toTheEnd {
            rows = try await database.query(page.reading(words))
        } else if let words = filter.words {
            rows = try await database.query(page.near(words))
            if rows.count <= limit, try await database.first(page.isLong) != nil {
                rows = try await database.query(page.far(words))
            }
        } else {
            rows = try await database.query(page.all)
        }
        let items = try rows.prefix(limit).map(Analysis.init(row:))
        let next = rows.count > limit ? items.last.map { ListCursor(time: sorting.time($0), id: $0.id) } : nil
        return HistorySlice(items: items, next: next)
    }
}
