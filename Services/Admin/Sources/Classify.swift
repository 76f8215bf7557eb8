import ArgumentParser
import Foundation
import Vision

/// `mien classify`: analyses photos on the spot, by the same pipeline as the workers, without any server.
struct Classify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the faces of photos and tell how they appear; needs no server.",
        discussion: "Exit status: 0 when all photos were analysed, 1 when some were not, 64 or 2 for wrong usage.")

    @Argument(help: "Photos: JPEG, PNG or WebP.")
    var files: [String]

    @Flag(help: "Print one JSON array with an object for each photo.")
    var json = false

    @Option(help: "Write each photo with boxes and labels as a JPEG into this folder.")
    var annotated: String?

    @OptionGroup var models: ModelOptions

    func run() async throws {
        let pipeline: Pipeline
        do {
            pipeline = try await models.pipeline()
            if let annotated {
                try FileManager.default.createDirectory(atPath: annotated, withIntermediateDirectories: true)
            }
        } catch {
            complain("mien classify: \(Self.explain(error))")
            throw ExitCode(1)
        }
        var failed = false
        // Only what is printed is kept: the pictures of a thousand photos would fill the memory.
        var reports: [PhotoOutcome.JSON] = []
        for file in files {
            let outcome = await analyse(file, pipeline)
            failed = failed || outcome.hasFailed
            if json { reports.append(PhotoOutcome.JSON(outcome, model: pipeline.model)) } else { outcome.printTable() }
        }
        if json { try PhotoOutcome.printJSON(reports) }
        if failed { throw ExitCode(1) }
    }

    private func analyse(_ file: String, _ pipeline: Pipeline) async -> PhotoOutcome {
        do {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
            let analysis = try await pipeline.analyse(bytes)
            try write(analysis.annotated, of: file)
            return PhotoOutcome(file: file, result: .success(analysis))
        } catch {
            return PhotoOutcome(file: file, result: .failure(error))
        }
    }

    private func write(_ picture: [UInt8], of file: String) throws {
        guard let annotated else { return }
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent
        try Data(picture).write(to: URL(filePath: annotated).appending(path: "\(name).annotated.jpg"))
    }

    /// An operator sees everything: this is not the web.
    static func explain(_ error: any Error) -> String {
        guard let error = error as? VisionError else { return error.localizedDescription }
        return error.detail.isEmpty ? error.description : "\(error.description) (\(error.detail))"
    }
}
