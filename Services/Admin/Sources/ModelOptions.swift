import ArgumentParser
import Foundation
import Logging
import Settings
import Vision

/// Which networks a command uses, for the commands that need no server.
struct ModelOptions: ParsableArguments {
    @Option(help: "Folder with model.xml, model.bin and card.json (default: the used one of MIEN_MODELS_DIR).")
    var model: String?

    @Option(help: "The face detector, an ONNX file (default: MIEN_DETECTOR).")
    var detector: String?

    @Option(
        help: "Arithmetic of the networks: auto, bf16, f32 or int8 (default: MIEN_PRECISION, or auto).",
        transform: { text in
            guard let choice = Pipeline.PrecisionChoice(rawValue: text) else {
                throw ValidationError("\(text) is none of auto, bf16, f32 and int8.")
            }
            return choice
        })
    var precision: Pipeline.PrecisionChoice?

    private static let usualModels = ["/usr/local/share/mien/models", "Services/Worker/Models"]
    private static let usualDetector = "/usr/local/share/mien/centerface.onnx"

    func pipeline() async throws -> Pipeline {
        var logger = Logger(label: "mien") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return try await Pipeline(configuration(), logger: logger)
    }

    func configuration() throws -> Pipeline.Configuration {
        let settings = SettingsReader()
        let acceptsHEIF = settings.isOn("MIEN_ACCEPT_HEIC")
        let cache = settings.optionalString("MIEN_CACHE_DIR").map { URL(filePath: $0) }
        let detector = URL(filePath: detector ?? settings.string("MIEN_DETECTOR", default: Self.usualDetector))
        let photoSeconds = settings.integer("MIEN_PHOTO_SECONDS", default: 10, in: 1...300)
        let wanted = settings.optionalString("MIEN_MODEL")
        let precision = precision ?? settings.choice("MIEN_PRECISION", default: .auto)
        do {
            try settings.check()
        } catch {
            throw CommandFailure(message: error.description)
        }
        let directory = try model.map { URL(filePath: $0) } ?? ModelCatalogue.find(wanted, in: Self.folder(nil))
        return Pipeline.Configuration(
            modelDirectory: directory, detector: detector, precision: precision, cacheDirectory: cache,
            acceptsHEIF: acceptsHEIF, limits: .init(processorTime: .seconds(photoSeconds)))
    }

    /// The folder with all models.
    static func folder(_ named: String?) throws -> URL {
        let environment = ProcessInfo.processInfo.environment["MIEN_MODELS_DIR"]
        let candidates = (named ?? environment).map { [$0] } ?? usualModels
        guard let present = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CommandFailure(
                message: "There is no models' folder at \(candidates.joined(separator: " or ")). "
                    + "Set MIEN_MODELS_DIR to the folder with NAME/VERSION/card.json.")
        }
        return URL(filePath: present)
    }
}

/// Prints to standard error, where it is not taken for a result.
func complain(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}
