import ArgumentParser
import Foundation
import Logging
import Vision

/// Which networks a command uses, for the commands that need no server.
struct ModelOptions: ParsableArguments {
    @Option(help: "Folder with model.xml, model.bin and card.json (default: the newest of MIEN_MODELS_DIR).")
    var model: String?

    @Option(help: "The face detector, an ONNX file (default: MIEN_DETECTOR).")
    var detector: String?

    @Option(
        help: "Arithmetic of the networks: auto, bf16 or f32.",
        transform: { text in
            guard let choice = Pipeline.PrecisionChoice(rawValue: text) else {
                throw ValidationError("\(text) is none of auto, bf16 and f32.")
            }
            return choice
        })
    var precision: Pipeline.PrecisionChoice = .auto

    private static let usualModels = ["/usr/local/share/mien/models", "Services/Worker/Models"]
    private static let usualDetector = "/usr/local/share/mien/centerface.onnx"

    func pipeline() async throws -> Pipeline {
        var logger = Logger(label: "mien") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let environment = ProcessInfo.processInfo.environment
        let detector = URL(filePath: detector ?? environment["MIEN_DETECTOR"] ?? Self.usualDetector)
        return try await Pipeline(
            .init(modelDirectory: modelDirectory(environment), detector: detector, precision: precision),
            logger: logger)
    }

    private func modelDirectory(_ environment: [String: String]) throws -> URL {
        if let model { return URL(filePath: model) }
        let folders = environment["MIEN_MODELS_DIR"].map { [$0] } ?? Self.usualModels
        let present = folders.first { FileManager.default.fileExists(atPath: $0) } ?? folders[0]
        return try ModelCatalogue.find(environment["MIEN_MODEL"], in: URL(filePath: present))
    }
}

/// Prints to standard error, where it is not taken for a result.
func complain(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}
