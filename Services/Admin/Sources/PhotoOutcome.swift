import Contracts
import Foundation
import Vision

/// What `mien classify` says about one photo.
struct PhotoOutcome {
    let file: String
    let result: Result<PhotoAnalysis, any Error>

    var hasFailed: Bool {
        if case .failure = result { return true }
        return false
    }

    /// The exit status that this outcome alone gives; see `mien classify --help`.
    var status: Int32 {
        switch result {
        case .success(let analysis): analysis.faces.isEmpty ? 3 : 0
        case .failure(let error as VisionError):
            switch error.code {
            case .timedOut: 5
            case .internal, .badModel, .noActivation: 7
            // Whatever else is wrong is wrong with the photo.
            default: 4
            }
        case .failure(let error): error is CocoaError || error is CommandFailure ? 6 : 7
        }
    }

    func printTable() {
        switch result {
        case .failure(let error):
            complain("\(file): \(Classify.explain(error))")
        case .success(let analysis):
            let faces =
                switch analysis.faces.count {
                case 0: "no face found"
                case 1: analysis.faceCrop ? "taken whole as one face" : "1 face"
                default: "\(analysis.faces.count) faces\(analysis.facesCut ? ", the largest of more" : "")"
                }
            let turned = analysis.rotation == 0 ? "" : ", upright when turned clockwise by \(analysis.rotation)°"
            let missing = analysis.incomplete ? ", ends early" : ""
            print(
                "\(file): \(analysis.width) × \(analysis.height)\(turned)\(missing), \(faces) (\(Self.times(analysis)))"
            )
            for face in analysis.faces { print(Self.line(face)) }
        }
    }

    private static func times(_ analysis: PhotoAnalysis) -> String {
        analysis.timings.map { String(format: "%@ %.1f", $0.stage, milliseconds($0.duration)) }
            .joined(separator: ", ") + " ms"
    }

    private static func line(_ face: DetectedFace) -> String {
        let box = "\(Int(face.box.x)),\(Int(face.box.y)) \(Int(face.box.width))×\(Int(face.box.height))"
        let others = zip(Emotion.allCases, face.probabilities).filter { $0.0 != face.emotion }
            .sorted { $0.1 > $1.1 }.prefix(2)
            .map { "\($0.0.rawValue) \(Int(($0.1 * 100).rounded())) %" }
        let notes = (face.notSure ? ["not sure"] : []) + face.notes
        return String(
            format: "  %3d  %-9@ %3d %%  at %-20@  then %@%@", face.number, face.emotion.rawValue as NSString,
            Int((face.confidence * 100).rounded()), box as NSString, others.joined(separator: ", "),
            notes.isEmpty ? "" : "  [\(notes.joined(separator: ", "))]")
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

    static func printJSON(_ reports: [JSON]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(reports), as: UTF8.self))
    }
}

extension PhotoOutcome {
    /// The keys of the web API's answer, as far as they exist without a server.
    struct JSON: Encodable {
        struct Box: Encodable { let x, y, width, height: Float }
        struct Point: Encodable { let x, y: Float }
        struct Activation: Encodable {
            let columns, rows: Int
            let values: [Float]
        }
        struct Model: Encodable { let name, version: String }
        struct Failure: Encodable { let code, message: String }
        struct Face: Encodable {
            let number: Int
            let box: Box
            let landmarks: [Point]
            let roll: Float?
            let emotion: String
            let confidence: Float
            let probabilities: [String: Float]
            let notSure: Bool
            let notes: [String]
            let activation: Activation?

            enum CodingKeys: String, CodingKey {
                case number, box, landmarks, roll, emotion, confidence, probabilities, notes, activation
                case notSure = "not_sure"
            }

            init(_ face: DetectedFace) {
                number = face.number
                box = Box(x: face.box.x, y: face.box.y, width: face.box.width, height: face.box.height)
                landmarks = face.landmarks.map { Point(x: $0.x, y: $0.y) }
                roll = face.roll
                emotion = face.emotion.rawValue
                confidence = face.confidence
                probabilities = Dictionary(
                    uniqueKeysWithValues: zip(Emotion.allCases.map(\.rawValue), face.probabilities))
                notSure = face.notSure
                notes = face.notes
                activation = face.activation.map {
                    Activation(columns: $0.columns, rows: $0.rows, values: $0.values)
                }
            }
        }

        let file: String
        let status: String
        var width: Int?
        var height: Int?
        var rotation: Int?
        var faces: [Face]?
        var facesCut: Bool?
        var faceCrop: Bool?
        var incomplete: Bool?
        let model: Model
        var timings: [String: Double]?
        var error: Failure?

        enum CodingKeys: String, CodingKey {
            case file, status, width, height, rotation, faces, incomplete, model, error
            case facesCut = "faces_cut"
            case faceCrop = "face_crop"
            case timings = "timings_ms"
        }

        init(_ outcome: PhotoOutcome, model: ModelCard) {
            file = outcome.file
            self.model = Model(name: model.name, version: model.version)
            switch outcome.result {
            case .success(let analysis):
                status = "finished"
                width = analysis.width
                height = analysis.height
                rotation = analysis.rotation
                faces = analysis.faces.map(Face.init)
                facesCut = analysis.facesCut
                faceCrop = analysis.faceCrop
                incomplete = analysis.incomplete
                timings = Dictionary(
                    analysis.timings.map { ($0.stage, PhotoOutcome.milliseconds($0.duration)) }
                ) { $0 + $1 }
            case .failure(let error):
                status = "failed"
                let code = (error as? VisionError)?.code.rawValue ?? "unreadable"
                self.error = Failure(code: code, message: Classify.explain(error))
            }
        }
    }
}
