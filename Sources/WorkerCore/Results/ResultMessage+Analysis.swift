import Contracts
import Foundation
import SwiftProtobuf
import Vision

extension Mien_V1_Analysis {
    /// What crosses to the gateway of a finished analysis, without the annotated picture.
    ///
    /// - Parameter before: the stages before the pipeline, with their durations.
    init(_ photo: PhotoAnalysis, model: ModelCard, before: [(stage: String, duration: Duration)]) {
        self.init()
        width = UInt32(photo.width)
        height = UInt32(photo.height)
        faces = photo.faces.map(Mien_V1_Face.init)
        facesCut = photo.facesCut
        faceCrop = photo.faceCrop
        clean = Data(photo.clean)
        thumbnail = Data(photo.thumbnail)
        previewWidth = UInt32(photo.previewWidth)
        previewHeight = UInt32(photo.previewHeight)
        rotation = UInt32(photo.rotation)
        incomplete = photo.incomplete
        self.model.name = model.name
        self.model.version = model.version
        self.model.detector = "centerface"
        timings = (before + photo.timings).map { timing in
            .with {
                $0.stage = timing.stage
                $0.milliseconds = Float(timing.duration / .milliseconds(1))
            }
        }
    }
}

extension Mien_V1_Face {
    init(_ face: DetectedFace) {
        self.init()
        number = UInt32(face.number)
        box = .with {
            $0.x = face.box.x
            $0.y = face.box.y
            $0.width = face.box.width
            $0.height = face.box.height
        }
        landmarks = face.landmarks.map { point in
            .with {
                $0.x = point.x
                $0.y = point.y
            }
        }
        detectorScore = face.detectorScore
        probabilities = face.probabilities
        notSure = face.notSure
        notes = face.notes
        if let map = face.activation, let activation = Mien_V1_Activation(map, of: face.square) {
            self.activation = activation
        }
    }
}

extension Mien_V1_Activation {
    /// - Returns: nil for a map that is finer than the contract has room for, or is no map.
    init?(_ map: ActivationMap, of square: CropSquare) {
        guard (1...Self.maximumCells).contains(map.values.count), map.values.allSatisfy(\.isFinite) else { return nil }
        let (cells, low, high) = map.levels
        self.init()
        columns = UInt32(map.columns)
        self.cells = Data(cells)
        self.low = low
        self.high = high
        x = Int32(square.x.rounded())
        y = Int32(square.y.rounded())
        side = UInt32(max(1, square.side.rounded()))
        angle = Int32(square.angle.remainder(dividingBy: 360).rounded())
    }
}

extension Mien_V1_Failure {
    /// What a person is told when the fault is ours.
    static let ours = Self.with {
        $0.code = "internal"
        $0.message = "Something went wrong here while this photo was analysed. It is not the photo's fault."
    }

    /// What a person is told when the photo is longer than this installation's workers read.
    static let tooLong = Self.with {
        $0.code = "internal"
        $0.message = "This photo is larger than the workers of this installation accept."
    }

    /// What a person is told about a photo that cannot be analysed.
    init(_ error: VisionError) {
        self.init()
        code = error.code.rawValue
        message = error.description
    }
}

extension FaceDrawing {
    /// What a gateway wants drawn.
    init(_ message: Mien_V1_Drawing) {
        self.init(
            faces: message.faces.map(LabelledFace.init), rotation: Int(message.rotation),
            photoSize: message.isOnCleanPicture ? (Int(message.width), Int(message.height)) : nil)
    }

    /// What an analysis found, on its clean picture.
    init(_ message: Mien_V1_Analysis) {
        self.init(
            faces: message.faces.map(LabelledFace.init), rotation: Int(message.rotation),
            photoSize: (Int(message.width), Int(message.height)))
    }
}

extension LabelledFace {
    /// A face of a photo that is to be drawn.
    init(_ face: Mien_V1_Face) {
        let look: Look =
            face.said.isEmpty
            ? .answered(face.emotion ?? .neutral, confidence: face.confidence, notSure: face.notSure)
            : .said(Emotion(rawValue: face.said))
        self.init(
            number: Int(face.number),
            box: FaceBox(x: face.box.x, y: face.box.y, width: face.box.width, height: face.box.height), look: look)
    }
}
