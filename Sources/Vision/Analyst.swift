import Blocking
import Foundation
import Imaging
import Inference

/// Does the work of a pipeline on a thread of its own, which the networks share, so that no step waits for a hop.
actor Analyst {
    private nonisolated let executor: BlockingExecutor
    private let detector: FaceDetector
    private let classifier: EmotionClassifier
    private let occlusionDetector: OcclusionDetector?
    private let limits: Pipeline.Limits
    private let notSureBelow: Float
    private let acceptsHEIF: Bool
    nonisolated let precision: Pipeline.PrecisionChoice

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A photo with a shorter side cannot hold a face of 24 pixels.
    private static let leastSide = 24
    /// The longer side may be so many times the shorter one. Detection looks at square tiles: a strip costs as many as
    /// its length, and up to this never more than a photo of 12 megapixels (64,000 × 32 pixels took 10 s and found
    /// nothing).
    private static let mostSlender = 16
    /// A nearly square photo up to this size may be a crop of a face, in which none is found.
    private static let cropSide = 128

    init(_ configuration: Pipeline.Configuration, card: ModelCard) async throws {
        executor = BlockingExecutor(label: "mien.vision")
        limits = configuration.limits
        acceptsHEIF = configuration.acceptsHEIF
        notSureBelow = card.threshold.notSure
        let core = try Core()
        let arithmetic = try Arithmetic(configuration, core: core)
        precision = arithmetic.settled
        detector = try FaceDetector(
            (configuration.detector, configuration.proposer), mostFaces: limits.maxFaces, core: core,
            options: arithmetic.detectors, executor: executor)
        classifier = try EmotionClassifier(
            try card.network(for: configuration.precision, in: configuration.modelDirectory), core: core,
            options: arithmetic.classifier, executor: executor)
        if let occlusion = card.occlusion, let file = card.occlusionNetwork(in: configuration.modelDirectory) {
            occlusionDetector = try OcclusionDetector(
                file, card: occlusion, core: core, options: arithmetic.detectors, executor: executor)
        } else {
            occlusionDetector = nil
        }
    }

    /// Runs everything once on a blank picture: a network that does not fit is refused at the start, and the first
    /// photo does not wait for memory, kernels and fonts. So is a classifier that answers alike whatever it sees: one whose
    /// weights are no numbers gives probabilities that look like any (OpenVINO 2026.4.1).
    func warmUp() async throws {
        let raster = try Raster(pixels: [UInt8](repeating: 128, count: 64 * 48 * 3), width: 64, height: 48)
        try await detector.warmUp()
        let crop = FaceCrop(pixels: [UInt8](repeating: 128, count: FaceCrop.side * FaceCrop.side))
        let ramp = FaceCrop(pixels: (0..<FaceCrop.side * FaceCrop.side).map { UInt8($0 % FaceCrop.side * 2) })
        // One alone, then as many as fill a batch.
        var answers = try await classifier.answers(to: [crop])
        guard try await classifier.answers(to: [ramp])[0].probabilities != answers[0].probabilities else {
            throw VisionError(.badModel, "The model answers alike whatever it sees: its files are damaged.")
        }
        answers += try await classifier.answers(to: Array(repeating: crop, count: 4))
        let whole = FaceCandidate(
            box: FaceBox(x: 8, y: 8, width: 32, height: 32), landmarks: [], score: 0)
        let found = Found(listed: [whole], isCrop: true)
        let faces = describe(
            found, [crop], answers, try await occlusions(of: found, [crop]), width: raster.width, height: raster.height)
        let preview = try Preview(raster, turn: .none, deadline: .never)
        _ = try DrawnPicture.draw(
            try Photo(preview.clean),
            FaceDrawing(
                faces: faces.map(LabelledFace.init), rotation: 0, photoSize: (raster.width, raster.height)),
            maximumBytes: .max, deadline: .never)
    }

    func classify(_ crops: [FaceCrop]) async throws -> [[Float]] {
        try await classifier.answers(to: crops).map(\.probabilities)
    }

    /// Whether faces get activation maps.
    enum Activations {
        case none
        /// Where the model has them.
        case available
        /// A model without them is an error.
        case required
    }

    func analyse(_ bytes: [UInt8], activations: Activations) async throws -> PhotoAnalysis {
        if activations == .required, !classifier.hasActivations {
            throw VisionError(.noActivation, "This model has no class activation maps.")
        }
        let deadline = Deadline(
            processorTime: limits.processorTime, clock: limits.processorTime * Pipeline.Limits.clockFactor)
        var watch = StageWatch()
        let photo = try Photo(bytes, maxPixels: limits.maxPixels, acceptsHEIF: acceptsHEIF)
        guard min(photo.width, photo.height) >= Self.leastSide else {
            throw VisionError(
                .tooSmall,
                "The photo has only \(photo.width) × \(photo.height) pixels. At least \(Self.leastSide) on each side are needed."
            )
        }
        guard max(photo.width, photo.height) <= Self.mostSlender * min(photo.width, photo.height) else {
            throw VisionError(
                .tooSlender,
                "The photo is more than \(Self.mostSlender) times as long as it is wide: \(photo.width) × \(photo.height) pixels."
            )
        }
        let raster = try photo.decode(longSide: Preview.longSide, deadline: deadline)
        watch.end("decode")
        let found = try await candidates(in: raster, of: photo, deadline: deadline)
        if let missing = photo.missing, found.listed.isEmpty {
            throw VisionError(.damaged, missing.words(", and no face is seen in the rest"))
        }
        watch.end("detect")
        let crops = try CropPlan(
            found.listed, in: found.turn, raster: raster, closer: found.closer, photo: photo
        ).crops(deadline: deadline)
        watch.end("crop")
        try deadline.check()
        let answers = try await classifier.answers(
            to: crops, activations: activations != .none && classifier.hasActivations)
        let occlusions = try await occlusions(of: found, crops)
        watch.end("classify")
        let faces = describe(found, crops, answers, occlusions, width: photo.width, height: photo.height)
        let preview = try Preview(raster, turn: found.turn, deadline: deadline)
        watch.end("preview")
        return PhotoAnalysis(
            width: photo.width, height: photo.height, rotation: found.turn.rawValue, faces: faces,
            facesCut: found.cut, faceCrop: found.isCrop, incomplete: photo.missing != nil, clean: preview.clean,
            thumbnail: preview.thumbnail, previewWidth: preview.width, previewHeight: preview.height,
            timings: watch.stages)
    }

    func draw(_ bytes: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int) throws -> [UInt8] {
        let deadline = Deadline(
            processorTime: limits.processorTime, clock: limits.processorTime * Pipeline.Limits.clockFactor)
        let photo = try Photo(bytes, maxPixels: limits.maxPixels, acceptsHEIF: acceptsHEIF)
        return try DrawnPicture.draw(photo, drawing, maximumBytes: maximumBytes, deadline: deadline)
    }

    private struct Found {
        var listed: [FaceCandidate]
        var cut = false
        var isCrop = false
        var turn = PhotoTurn.none
        /// The photo as large as memory allows, where the detector wanted to see it.
        var closer: Raster?
    }

    /// Faces in pixels of the original, the largest first and not more than are listed.
    private func candidates(in raster: Raster, of photo: Photo, deadline: Deadline) async throws -> Found {
        let scale = Float(photo.width) / Float(raster.width)
        let (width, height) = (Float(photo.width), Float(photo.height))
        var closer: Raster?
        let found = try await detector.uprightFaces(
            in: raster, originalLongSide: photo.longSide, deadline: deadline
        ) {
            if closer == nil { closer = try photo.decode(longSide: CropPlan.longSide(of: photo), deadline: deadline) }
            return closer
        }
        let faces = found.faces.map { $0.mapped(scale: scale) }.filter { !photo.lacks($0.box) }
        if photo.missing == nil, faces.isEmpty, looksLikeCrop(photo), try await detector.isFace(raster) {
            let whole = FaceBox(x: 0, y: 0, width: width, height: height)
            return Found(listed: [FaceCandidate(box: whole, landmarks: [], score: 0)], isCrop: true)
        }
        return Found(
            listed: largest(faces, in: found.turn, width, height), cut: faces.count > limits.maxFaces, turn: found.turn,
            closer: closer)
    }

    /// As many as are listed. The height decides, which the crop and what is promised go by; a box's width varies more.
    private func largest(
        _ faces: [FaceCandidate], in turn: PhotoTurn, _ width: Float, _ height: Float
    ) -> [FaceCandidate] {
        func faceHeight(_ face: FaceCandidate) -> Float { FacePlace(face, in: turn).height }
        func shown(_ face: FaceCandidate) -> Float { face.box.clipped(width: width, height: height).area }
        return faces.sorted { faceHeight($0) > faceHeight($1) }.prefix(limits.maxFaces)
            .sorted { shown($0) > shown($1) }
    }

    private func looksLikeCrop(_ photo: Photo) -> Bool {
        photo.longSide <= Self.cropSide && photo.longSide * 5 <= min(photo.width, photo.height) * 6
    }

    /// What is covered of each face; nothing where the model does not know, or the face is too small to tell.
    private func occlusions(of found: Found, _ crops: [FaceCrop]) async throws -> [OcclusionDetector.Occlusion] {
        var result = [OcclusionDetector.Occlusion](repeating: .none, count: crops.count)
        guard let occlusionDetector else { return result }
        for (index, (face, crop)) in zip(found.listed, crops).enumerated()
        where FacePlace(face, in: found.turn).height >= FaceNotes.smallBelow {
            result[index] = try await occlusionDetector.occlusion(of: crop)
        }
        return result
    }

    private func describe(
        _ found: Found, _ crops: [FaceCrop], _ answers: [EmotionClassifier.Answer],
        _ occlusions: [OcclusionDetector.Occlusion], width: Int, height: Int
    ) -> [DetectedFace] {
        zip(zip(found.listed, occlusions), zip(crops, answers)).enumerated().map { index, item in
            let ((candidate, occlusion), (crop, answer)) = item
            let place = FacePlace(candidate, in: found.turn)
            return DetectedFace(
                number: index + 1, box: candidate.box.clipped(width: Float(width), height: Float(height)),
                square: CropSquare(of: candidate, in: found.turn),
                landmarks: candidate.landmarks,
                detectorScore: candidate.score, probabilities: answer.probabilities,
                notSure: (answer.probabilities.max() ?? 0) < max(notSureBelow, occlusion.sureFrom)
                    || FaceNotes.cannotBeJudged(place, landmarks: candidate.landmarks),
                notes: FaceNotes.notes(
                    place, landmarks: candidate.landmarks, crop: crop, isCovered: occlusion.isCovered),
                activation: answer.activation)
        }
    }
}

extension Photo {
    /// Whether a part of a face is missing because the file ends early.
    fileprivate func lacks(_ box: FaceBox) -> Bool {
        guard let region = missing?.region else { return false }
        return box.overlap(
            FaceBox(
                x: Float(region.x), y: Float(region.y), width: Float(region.width), height: Float(region.height))) > 0
    }
}

/// Measures the stages of an analysis one after another.
private struct StageWatch {
    private var last = ContinuousClock.now
    private(set) var stages: [(stage: String, duration: Duration)] = []

    mutating func end(_ stage: String) {
        let now = ContinuousClock.now
        stages.append((stage, now - last))
        last = now
    }
}
