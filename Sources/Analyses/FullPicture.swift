package import Contracts
package import Foundation
package import Postgres

/// The photo as large as it is with its faces drawn, for saving and printing. A worker draws it when it is asked for; it is kept
/// for an hour, and no longer than the photo.
package enum FullPicture {
    /// Where one stands.
    package enum State: Sendable {
        case ready([UInt8])
        /// Asked for, and not here yet.
        case drawing
        /// No worker could draw it.
        case failed
        /// The photo as it was sent is kept no more.
        case photoGone
        /// The analysis has not finished.
        case notFinished
        /// So many of this person's are kept or drawn that this one has to wait.
        case tooMany
    }

    /// How long one is kept.
    package static let lifetimeSeconds = 3_600
    /// Asked for again after so long, it is put into the queue again: its message may be lost.
    static let patienceSeconds = 60
    /// Times that a worker takes the photo for the same picture: a drawing that ends its process is found out.
    static let maxAttempts = 3
    /// Of one person at once.
    package static let maxPerPerson = 20

    /// Asks for one, unless it is asked for already, and tells where it stands; nil when the owner has no such analysis.
    package static func ask(_ id: UUID, owner: UUID, in database: ConnectionPool) async throws -> State? {
        guard let row = try await find(id, owner, database) else { return nil }
        let (status, hasPhoto, isAsked, isOver, isLate, bytes, others) = try row.decode(
            (String, Bool, Bool, Bool, Bool, [UInt8]?, Int).self)
        guard status == AnalysisStatus.finished.rawValue else { return .notFinished }
        if let bytes { return .ready(bytes) }
        guard hasPhoto else { return .photoGone }
        if isOver { return .failed }
        if isAsked, !isLate { return .drawing }
        guard others < maxPerPerson else { return .tooMany }
        try await database.execute(AnalysisLifecycle.drawingAsked(id, owner: owner))
        return .drawing
    }

    private static func find(_ id: UUID, _ owner: UUID, _ database: ConnectionPool) async throws -> Row? {
        try await database.first(
            """
            SELECT a.status, p.analysis_id IS NOT NULL, f.analysis_id IS NOT NULL,
                coalesce(f.failed OR (f.attempts - f.attempts_of_others >= \(maxAttempts)
                    AND f.asked_at < now() - make_interval(secs => \(Double(patienceSeconds)))), false),
                coalesce(f.asked_at < now() - make_interval(secs => \(Double(patienceSeconds))), false), f.bytes,
                (SELECT count(*) FROM full_pictures o JOIN analyses b ON b.id = o.analysis_id
                 WHERE b.user_id = \(owner) AND o.analysis_id <> \(id))
            FROM analyses a
            LEFT JOIN photos p ON p.analysis_id = a.id LEFT JOIN full_pictures f ON f.analysis_id = a.id
            WHERE a.id = \(id) AND a.user_id = \(owner) AND a.binned_at IS NULL
            """)
    }

    /// Hands out the photo and what was found in it, and counts an attempt; nil when nobody asks for it any more.
    ///
    /// - Parameter claim: the same each time that the worker sends it again, which counts once; nil where it does not tell.
    package static func claim(
        _ id: UUID, generation: Int, claim: UUID? = nil, in database: any PostgresSession
    ) async throws -> (attempt: Int, drawing: Mien_V1_Drawing)? {
        let row = try await database.first(
            """
            UPDATE full_pictures f
            SET attempts = f.attempts + CASE WHEN (f.claim_id = \(claim)::uuid) IS TRUE THEN 0 ELSE 1 END,
                claim_id = \(claim)::uuid
            FROM analyses a JOIN photos p ON p.analysis_id = a.id
            WHERE f.analysis_id = \(id) AND a.id = \(id) AND a.generation = \(generation) AND a.status = 'finished'
              AND a.binned_at IS NULL AND f.bytes IS NULL AND NOT f.failed
              AND (f.attempts - f.attempts_of_others < \(maxAttempts) OR (f.claim_id = \(claim)::uuid) IS TRUE)
            RETURNING f.attempts, p.bytes, a.faces::text, placed_corrections(a.faces, a.corrections)::text
            """)
        guard let row else { return nil }
        let (attempt, photo, json, said) = try row.decode((Int, [UInt8], String, String?).self)
        let findings = try JSONDecoder().decode(Findings.self, from: Data(json.utf8))
        let corrections = try Correction.all(in: said)
        var drawing = Mien_V1_Drawing()
        drawing.photo = Data(photo)
        drawing.rotation = UInt32(findings.rotation ?? 0)
        drawing.faces =
            findings.corrected(by: corrections).compactMap(Mien_V1_Face.init)
            + findings.missed(of: corrections).map(Mien_V1_Face.init)
        return (attempt, drawing)
    }

    /// Drops a picture that says what is said no more, and whatever a worker draws of it now. Whoever asks next gets
    /// another.
    static func discard(_ id: UUID, in connection: Connection) async throws {
        // The row stays, and goes on counting: what comes for an earlier attempt is not taken.
        try await connection.execute(
            """
            UPDATE full_pictures SET bytes = NULL, failed = false, attempts = attempts + 1,
                attempts_of_others = attempts + 1, claim_id = NULL,
                asked_at = least(asked_at, now() - make_interval(secs => \(Double(patienceSeconds))))
            WHERE analysis_id = \(id)
            """)
    }

    /// Keeps a drawn picture, or that it cannot be drawn when there is none, and wakes those who wait for it.
    ///
    /// - Parameter attempt: as it was counted at the claim; nil from workers that do not tell.
    /// - Returns: false when nobody asks for it any more.
    package static func store(
        _ picture: [UInt8]?, of id: UUID, generation: Int, attempt: Int?, in database: any PostgresSession
    ) async throws -> Bool {
        try await database.first(
            """
            UPDATE full_pictures f SET bytes = \(picture), failed = \(picture == nil)
            FROM analyses a
            WHERE f.analysis_id = \(id) AND a.id = \(id) AND a.generation = \(generation) AND f.bytes IS NULL
              AND a.binned_at IS NULL AND f.attempts > f.attempts_of_others
              AND f.attempts = coalesce(\(attempt), f.attempts)
            RETURNING pg_notify('\(unescaped: AnalysisNotice.channel)', f.analysis_id::text) IS NOT NULL
            """) != nil
    }

    /// Deletes those whose time is over.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        try await database.execute(
            "DELETE FROM full_pictures WHERE asked_at < now() - make_interval(secs => \(Double(lifetimeSeconds)))")
    }
}

extension Mien_V1_Face {
    /// What is written beside a face's box; nil where a person said that there is no face.
    init?(_ face: FaceResult) {
        if face.correction?.look == .notAFace { return nil }
        self.init(number: face.number, box: face.box)
        probabilities = Emotion.names.map { Float(face.probabilities[$0] ?? 0) }
        notSure = face.notSure
        said = face.correction?.look.rawValue ?? ""
    }

    init(_ face: MissedFace) {
        self.init(number: face.number, box: face.box)
        let look = face.correction.look
        // A worker from before corrections were drawn reads these alone.
        let emotion = look.emotion ?? Emotion.neutral.rawValue
        probabilities = Emotion.names.map { $0 == emotion ? 1 : 0 }
        notSure = look.emotion == nil
        said = look.rawValue
    }

    private init(number: Int, box: FaceResult.Box) {
        self.init()
        self.number = UInt32(number)
        self.box.x = Float(box.x)
        self.box.y = Float(box.y)
        self.box.width = Float(max(box.width, 0.1))
        self.box.height = Float(max(box.height, 0.1))
    }
}
