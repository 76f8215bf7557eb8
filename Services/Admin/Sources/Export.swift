import Analyses
import ArgumentParser
import Foundation
import Settings
import Vision

/// `mien export`: what leaves an installation, for the operator.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes what people gave for the model's improvement.", subcommands: [Corrections.self])

    struct Corrections: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes corrected faces as pictures, in a folder for each class.",
            discussion: """
                Only faces whose owners agreed to their use, and whose photos are kept. Each is 48 × 48 grey pixels, cut as \
                the workers cut it, so that Deploy/train takes the folder. Write a new one each time: people may change \
                their minds. Reads MIEN_DATABASE_URL and MIEN_ACCEPT_HEIC.
                """)
        @Option(name: .customLong("to"), help: "The folder; it must be new or empty.") var folder: String

        func run() async throws {
            let settings = SettingsReader()
            let acceptsHEIF = settings.isOn("MIEN_ACCEPT_HEIC")
            try await AdminDatabase.with(settings) { pool in
                let folder = try CorrectionFolder(folder)
                let cutter = try FaceCutter(acceptsHEIF: acceptsHEIF)
                let store = AnalysisStore(database: pool)
                var (summary, last) = (CorrectionSummary(), UUID?.none)
                while let next = try await store.consentedPhoto(after: last) {
                    try await Self.write(next, cutter, folder, &summary)
                    last = next.analysis.id
                }
                print(summary.text)
            }
        }

        private static func write(
            _ consented: ConsentedPhoto, _ cutter: FaceCutter, _ folder: CorrectionFolder,
            _ summary: inout CorrectionSummary
        ) async throws {
            let faces = consented.analysis.givenFaces
            let named = faces.filter { $0.look.emotion != nil }
            for face in faces where face.look.emotion == nil { summary.withoutClass[face.look, default: 0] += 1 }
            guard !named.isEmpty else { return }
            do {
                let pictures = try await cutter.pictures(
                    of: named.map(\.face), in: consented.photo, rotation: consented.analysis.rotation)
                for (face, picture) in zip(named, pictures) {
                    try folder.write(picture, face.look, "\(consented.analysis.id.lower)-\(face.number).png")
                    summary.faces[face.look, default: 0] += 1
                }
                summary.photos += 1
            } catch let error as VisionError {
                complain("\(consented.analysis.id.lower): \(Classify.explain(error))")
                summary.unreadable += 1
            }
        }
    }
}

/// A folder for each class.
private struct CorrectionFolder {
    private let url: URL

    /// - Throws: `CommandFailure` when something lies there: what somebody has taken back must not stay in it.
    init(_ path: String) throws {
        url = URL(filePath: path)
        let files = FileManager.default
        // Faces of people are nobody else's business.
        try files.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard try files.contentsOfDirectory(atPath: path).isEmpty else {
            throw CommandFailure(message: "\(path) is not empty. Name a new folder.")
        }
    }

    func write(_ picture: [UInt8], _ look: SaidLook, _ name: String) throws {
        let folder = url.appending(path: look.rawValue)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(picture).write(to: folder.appending(path: name))
    }
}

/// What was written, and what was not.
private struct CorrectionSummary {
    var faces: [SaidLook: Int] = [:]
    var photos = 0
    var withoutClass: [SaidLook: Int] = [:]
    var unreadable = 0

    var text: String {
        let total = faces.values.reduce(0, +)
        let classes = SaidLook.allCases.filter { $0.emotion != nil }.map { "\($0.rawValue) \(faces[$0] ?? 0)" }
        let left = [
            (withoutClass[.cannotTell] ?? 0, "of which nobody can tell the look"),
            (withoutClass[.notAFace] ?? 0, "that are no faces"), (unreadable, "photos that cannot be read"),
        ].filter { $0.0 > 0 }.map { "\($0) \($1)" }
        return "\(total) faces of \(photos) photos: \(classes.joined(separator: ", "))."
            + (left.isEmpty ? "" : " Left out: \(left.joined(separator: ", ")).")
    }
}

extension Analysis {
    /// The faces that their owner lets improve the model.
    fileprivate var givenFaces: [(number: Int, face: KnownFace, look: SaidLook)] {
        let found = faces.compactMap { face in
            face.correction.flatMap { correction in
                correction.mayTrain ? (face.number, KnownFace(face, isWholePhoto: faceCrop), correction.look) : nil
            }
        }
        let marked = missed.filter(\.correction.mayTrain).map {
            ($0.number, KnownFace(box: FaceBox($0.box), landmarks: [], isWholePhoto: false), $0.correction.look)
        }
        return found + marked
    }
}

extension KnownFace {
    fileprivate init(_ face: FaceResult, isWholePhoto: Bool) {
        self.init(
            box: FaceBox(face.box), landmarks: face.landmarks.map { FacePoint(x: Float($0.x), y: Float($0.y)) },
            isWholePhoto: isWholePhoto)
    }
}

extension FaceBox {
    fileprivate init(_ box: FaceResult.Box) {
        self.init(x: Float(box.x), y: Float(box.y), width: Float(box.width), height: Float(box.height))
    }
}
