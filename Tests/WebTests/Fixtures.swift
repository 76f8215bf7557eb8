import Foundation

@testable import Accounts
@testable import Analyses
@testable import Contracts
@testable import GatewayCore
@testable import Reports

/// View models to render, made from analyses in every state.
enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let web = root.appendingPathComponent("Sources/GatewayCore")

    static let now = Date(timeIntervalSince1970: 1_795_502_165)
    static let user = User(
        id: UUID(), name: "Ada Lovelace", email: "ada@example.org", isAdmin: false, finishedCount: 1234, failedCount: 1,
        createdAt: now.addingTimeInterval(-86_400 * 40), timeZone: "Europe/Berlin")

    static func files() throws -> StaticFiles {
        try StaticFiles(directory: web.appendingPathComponent("Static"))
    }

    static func templates() throws -> Templates {
        try Templates(directory: web)
    }

    /// Makes a folder with all templates.
    static func copyTemplates(to directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for url in try WebDirectory.templates(in: web) {
            try FileManager.default.copyItem(at: url, to: directory.appendingPathComponent(url.lastPathComponent))
        }
    }

    static func site(
        _ title: String, user: User? = Fixtures.user, place: Site.Place = .elsewhere, script: String? = nil,
        refresh: Int? = nil
    ) throws -> Site {
        let files = try files()
        return Site(
            pageTitle: title, person: user.map { Site.Person(name: $0.name, initial: "A", isAdmin: $0.isAdmin) },
            csrf: "token-1",
            atHome: place == .home, atNew: place == .new, atHistory: place == .history, atTrends: place == .trends,
            atAccount: place == .account,
            atOperations: place == .operations,
            canAskForLink: true, canRegister: true, style: files.address("style.css"), icon: files.address("icon.svg"),
            touchIcon: files.address("apple-touch-icon.png"), sample: files.address("sample.jpg"),
            scripts: script.map(files.scripts) ?? [], refresh: refresh, visitorCSRF: "token-1")
    }

    static func analysis(
        _ status: AnalysisStatus, title: String = "On the roof", notes: String = "", faces: [FaceResult] = [],
        facesCut: Bool = false, faceCrop: Bool = false, rotation: Int? = nil, incomplete: Bool? = nil,
        attempts: Int = 1, tags: [String] = [], batch: UUID? = nil, size: (Int, Int) = (512, 512),
        errorCode: String = "damaged"
    ) -> Analysis {
        let isFinished = status == .finished
        let isAcross = (rotation ?? 0) % 180 != 0
        return Analysis(
            id: UUID(uuidString: "5B3E7C1A-9D2F-4E80-8A61-0C4D5E6F7A8B")!, userID: user.id, status: status,
            lane: .interactive, title: title, subject: "Eileen Collins", notes: notes, fileName: "astronaut.jpg",
            contentType: "image/jpeg", photoBytes: 63_734, submittedAt: now.addingTimeInterval(-130),
            startedAt: status == .queued ? nil : now.addingTimeInterval(-129),
            finishedAt: status.isTerminal ? now.addingTimeInterval(-128) : nil, attempts: attempts,
            width: isFinished ? size.0 : nil, height: isFinished ? size.1 : nil,
            previewWidth: isFinished ? isAcross ? size.1 : size.0 : nil,
            previewHeight: isFinished ? isAcross ? size.0 : size.1 : nil,
            findings: isFinished
                ? Findings(
                    faces: faces, facesCut: facesCut, faceCrop: faceCrop, rotation: rotation, incomplete: incomplete)
                : nil,
            model: isFinished ? ModelReference(name: "mien-inception", version: "2026.11") : nil,
            timingsMs: isFinished ? ["wait": 12, "decode": 5.4, "detect": 19.2, "classify": 1.3, "polish": 2] : [:],
            errorCode: status == .failed ? errorCode : nil,
            errorMessage: status == .failed ? "The photo is damaged: it ends in the middle. Save it again." : nil,
            batchID: batch, tags: tags, takenAt: tags.isEmpty ? nil : "2026-11-20T09:30",
            queuedAt: now.addingTimeInterval(-130))
    }

    /// A page of a batch: of these photos, or of as many finished ones besides those that failed.
    static func batch(_ title: String, _ analyses: [Analysis], of finished: Int? = nil, failed: Int? = nil)
        -> BatchSlice
    {
        func count(_ statuses: [AnalysisStatus]) -> Int { analyses.count { statuses.contains($0.status) } }
        return BatchSlice(
            batch: BatchSummary(
                id: UUID(), title: title, createdAt: now, open: count(AnalysisStatus.open),
                finished: finished ?? count([.finished]), failed: failed ?? count([.failed]),
                failedForGood: analyses.count { $0.status == .failed && !$0.canRetry }, cancelled: count([.cancelled])),
            looks: Dictionary(analyses.flatMap(\.looks).map { ($0, 1) }, uniquingKeysWith: +), items: analyses)
    }

    static func face(
        _ number: Int, _ emotion: String, _ confidence: Double, x: Double = 178, y: Double = 66, size: Double = 100,
        notSure: Bool = false, notes: [String] = []
    ) -> FaceResult {
        let rest = (1 - confidence) / 6
        let probabilities = Dictionary(
            uniqueKeysWithValues: Emotion.names.map { ($0, $0 == emotion ? confidence : rest) })
        return FaceResult(
            number: number, box: .init(x: x, y: y, width: size, height: size * 1.25), landmarks: [], emotion: emotion,
            confidence: confidence, probabilities: probabilities, notSure: notSure, notes: notes,
            activation: .init(
                columns: 6, cells: Data((0..<36).map { UInt8($0 * 7) }), low: -1, high: 4,
                area: .init(x: x - size * 0.1, y: y, side: size * 1.25, angle: 0)))
    }

    /// Three faces, of two of which the person said something, and one that the model missed.
    static func corrected() -> Analysis {
        var analysis = analysis(.finished, faces: faces)
        let missed = FaceResult.Box(x: 300, y: 330, width: 60, height: 75)
        analysis.corrections = [
            Correction(box: faces[0].box, look: .surprise, mayTrain: true, at: now, face: 1),
            Correction(box: faces[2].box, look: .notAFace, mayTrain: false, at: now, face: 3),
            Correction(box: missed, look: .cannotTell, mayTrain: false, at: now),
        ]
        return analysis
    }

    static let faces = [
        face(1, "happy", 0.873),
        face(
            2, "sad", 0.41, x: 20, y: 4, size: 60, notSure: true,
            notes: ["small", "turned", "covered", "dark", "blurred"]),
        face(3, "neutral", 0.66, x: 380, y: 120, size: 80),
    ]

    /// A class of 25 in five rows: nine happy, four neutral, four afraid, eight not sure.
    static let crowd = (0..<25).map { index in
        let (look, notSure) =
            switch index {
            case 0..<9: ("happy", false)
            case 9..<13: ("neutral", false)
            case 13..<17: ("fear", false)
            default: ("sad", true)
            }
        return face(
            index + 1, look, notSure ? 0.4 : 0.8, x: Double(index % 5) * 100 + 20, y: Double(index / 5) * 100 + 10,
            size: 60, notSure: notSure, notes: notSure ? ["small"] : [])
    }
}
