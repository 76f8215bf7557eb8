import ArgumentParser
import Foundation
import Vision

/// `mien classify`: analyses photos on the spot, by the same pipeline as the workers, without any server.
struct Classify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the faces of photos and tell how they appear; needs no server.",
        discussion: """
            Exit status: 0 when every photo was analysed and has a face, 3 when one has none, 4 when one was refused \
            (no photo, damaged, too large or too small), 5 when one took more processor time than MIEN_PHOTO_SECONDS (10), 6 when a file could not be read or \
            written, 7 after a fault that is not the photo's; of several the highest. 1 when nothing could be started, \
            64 for wrong usage.
            """)

    @Argument(help: "Photos: JPEG, PNG or WebP; HEIC and AVIF where MIEN_ACCEPT_HEIC is yes.")
    var files: [String]

    @Flag(help: "Print one JSON array with an object for each photo.")
    var json = false

    @Option(help: "Write each photo with boxes and labels as a JPEG into this folder.")
    var annotated: String?

    @Option(help: "Write each photo with what spoke for each face's emotion (activation maps) into this folder.")
    var activation: String?

    @Option(
        help: "Write each photo in its full size, with labels and a legend for printing, as a JPEG into this folder.")
    var drawn: String?

    @OptionGroup var models: ModelOptions

    func run() async throws {
        let pipeline: Pipeline
        var pictures = PictureFolders(annotated: annotated, activation: activation, drawn: drawn)
        do {
            pipeline = try await models.pipeline()
            try pictures.make()
        } catch {
            complain("mien classify: \(Self.explain(error))")
            throw ExitCode(1)
        }
        var status: Int32 = 0
        // Only what is printed is kept: the pictures of a thousand photos would fill the memory.
        var reports: [PhotoOutcome.JSON] = []
        var progress = ProgressLine(total: files.count, noun: "photos")
        for file in files {
            progress.show()
            let outcome = await analyse(file, pipeline, &pictures)
            status = max(status, outcome.status)
            progress.clear()
            if json { reports.append(PhotoOutcome.JSON(outcome, model: pipeline.model)) } else { outcome.printTable() }
            progress.advance(failed: outcome.hasFailed)
        }
        if json { try PhotoOutcome.printJSON(reports) }
        progress.finish()
        if status != 0 { throw ExitCode(status) }
    }

    private func analyse(_ file: String, _ pipeline: Pipeline, _ pictures: inout PictureFolders) async -> PhotoOutcome {
        do {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
                throw CommandFailure(message: "This is a folder, not a photo.")
            }
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
            let analysis = try await pipeline.analyse(bytes, activations: activation != nil)
            try await pictures.write(analysis, of: file, photo: bytes, by: pipeline)
            return PhotoOutcome(file: file, result: .success(analysis))
        } catch {
            return PhotoOutcome(file: file, result: .failure(error))
        }
    }

    /// An operator sees everything: this is not the web.
    static func explain(_ error: any Error) -> String {
        switch error {
        case let error as VisionError:
            error.detail.isEmpty ? error.description : "\(error.description) (\(error.detail))"
        case let error as CommandFailure: error.description
        case let error as CocoaError where error.code == .fileReadNoSuchFile: "There is no such file."
        case let error as CocoaError where error.code == .fileReadNoPermission: "The file may not be read."
        default: error.localizedDescription
        }
    }
}
