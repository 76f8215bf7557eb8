// Vision turns a photo's pixels into faces and emotions, and knows neither where photos come from nor where results go.

import Blocking
public import Contracts
public import Foundation
import Imaging
import Inference
public import Logging

/// The one way from a photo to its analysis, used by workers and by the command line alike.
public final class Pipeline: Sendable {
    /// What a pipeline is made of.
    public struct Configuration: Sendable {
        /// Holds `model.xml`, `model.bin` and `card.json`.
        public var modelDirectory: URL
        /// CenterFace as an ONNX file.
        public var detector: URL
        /// YuNet as an ONNX file, which proposes what the detector judges.
        public var proposer: URL
        /// Arithmetic of the networks.
        public var precision: PrecisionChoice
        /// Keeps compiled networks for a quicker start; nil for none.
        public var cacheDirectory: URL?
        /// Whether HEIC and AVIF are read beside JPEG, PNG and WebP.
        public var acceptsHEIF: Bool
        /// Limits of an analysis.
        public var limits: Limits

        /// Makes a configuration; without a `proposer` it is the file `yunet.onnx` beside the detector, where setup puts
        /// both.
        public init(
            modelDirectory: URL, detector: URL, proposer: URL? = nil, precision: PrecisionChoice = .auto,
            cacheDirectory: URL? = nil, acceptsHEIF: Bool = false,
            limits: Limits = Limits()
        ) {
            self.modelDirectory = modelDirectory
            self.detector = detector
            self.proposer =
                proposer ?? detector.deletingLastPathComponent().appending(path: "yunet.onnx")
            self.precision = precision
            self.cacheDirectory = cacheDirectory
            self.acceptsHEIF = acceptsHEIF
            self.limits = limits
        }
    }

    /// The precision of the arithmetic inside the networks.
    public enum PrecisionChoice: String, Sendable, CaseIterable {
        /// bf16 where the CPU gains by it, f32 otherwise.
        case auto
        /// 16-bit brain floating point.
        case bf16
        /// 32-bit floating point.
        case f32
        /// 8-bit whole numbers in the classifier, of whose model the card names such a variant; the rest as `auto`.
        case int8
    }

    /// Limits of an analysis.
    public struct Limits: Sendable {
        /// Largest accepted product of width and height.
        public var maxPixels: Int
        /// Processor time of one photo.
        public var processorTime: Duration
        /// Faces listed at most, the largest.
        public var maxFaces: Int

        /// A photo is given up after so many times its processor time by the clock as well.
        public static let clockFactor = 3

        /// What drawing a photo in its full size takes in memory, for each of its pixels.
        public static let drawingBytesPerPixel = 10

        /// Makes limits.
        public init(maxPixels: Int = 50_000_000, processorTime: Duration = .seconds(10), maxFaces: Int = 100) {
            self.maxPixels = maxPixels
            self.processorTime = processorTime
            self.maxFaces = maxFaces
        }
    }

    /// What the classifier says of itself.
    public let model: ModelCard
    /// The arithmetic that was settled on: `bf16`, `f32` or `int8`.
    public let precision: PrecisionChoice
    private let analyst: Analyst

    /// Loads and compiles the networks.
    ///
    /// - Throws: `VisionError` with code `bad_model` when a file is missing, altered or does not fit.
    public init(_ configuration: Configuration, logger: Logger) async throws {
        model = try ModelCard.load(from: configuration.modelDirectory)
        do {
            try Imaging.require()
            let analyst = try await Analyst(configuration, card: model)
            try await analyst.warmUp()
            self.analyst = analyst
            precision = analyst.precision
        } catch let error as InferenceError {
            throw VisionError(.badModel, error.description, detail: error.detail)
        }
        logger.info(
            "pipeline ready",
            metadata: [
                "model.name": "\(model.name)", "model.version": "\(model.version)",
                "model.precision": "\(precision.rawValue)",
            ])
    }

    /// Analyses a photo.
    ///
    /// Runs on the pipeline's own thread, one photo at a time.
    ///
    /// - Parameters:
    ///   - photo: the whole file, JPEG, PNG or WebP; HEIC or AVIF where the configuration accepts them.
    ///   - activations: whether each face gets the map of what spoke for its emotion.
    /// - Throws: `VisionError`, whose description is safe to show; `no_activation` where maps are asked for and the
    ///   model has none.
    public func analyse(_ photo: [UInt8], activations: Bool) async throws -> PhotoAnalysis {
        try await analyse(photo, activations ? .required : .none)
    }

    /// Analyses a photo; each face gets its activation map where the model has them.
    ///
    /// - Throws: `VisionError`, whose description is safe to show.
    public func analyse(_ photo: [UInt8]) async throws -> PhotoAnalysis {
        try await analyse(photo, .available)
    }

    private func analyse(_ photo: [UInt8], _ activations: Analyst.Activations) async throws -> PhotoAnalysis {
        do {
            return try await analyst.analyse(photo, activations: activations)
        } catch {
            throw VisionError(error)
        }
    }

    /// Draws a photo as large as it is, or its clean picture, upright, with its faces and a legend: to be saved and printed.
    ///
    /// - Parameters:
    ///   - picture: the whole file: the photo as it was analysed, or the clean picture of its analysis.
    ///   - drawing: what is drawn on it.
    ///   - maximumBytes: the most that the picture may have.
    /// - Returns: a JPEG of quality 90, or less where it would have too many bytes.
    /// - Throws: `VisionError`, whose description is safe to show.
    public func draw(
        _ picture: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int = Mien_V1_Drawing.maximumPictureBytes
    ) async throws -> [UInt8] {
        do {
            return try await analyst.draw(picture, drawing, maximumBytes: maximumBytes)
        } catch {
            throw VisionError(error)
        }
    }

    /// Classifies crops that are cut already.
    ///
    /// - Parameter crops: 48 × 48 grey pixels each, 2,304 bytes, row by row.
    /// - Returns: seven calibrated probabilities per crop, in the order of `Emotion.allCases`.
    /// - Throws: `VisionError` with code `internal` when a crop has another size.
    public func classify(crops: [[UInt8]]) async throws -> [[Float]] {
        guard crops.allSatisfy({ $0.count == FaceCrop.side * FaceCrop.side }) else {
            throw VisionError(.internal, "A face crop does not have 48 × 48 pixels.")
        }
        do {
            return try await analyst.classify(crops.map(FaceCrop.init(pixels:)))
        } catch {
            throw VisionError(error)
        }
    }
}
