import Foundation
import Vision

/// Where `mien classify` writes pictures, each under a name of its own.
struct PictureFolders {
    private let annotated: URL?
    private let activation: URL?
    private let drawn: URL?
    private var used: [String: Int] = [:]

    init(annotated: String?, activation: String?, drawn: String?) {
        self.annotated = annotated.map { URL(filePath: $0) }
        self.activation = activation.map { URL(filePath: $0) }
        self.drawn = drawn.map { URL(filePath: $0) }
    }

    func make() throws {
        for folder in [annotated, activation, drawn].compactMap(\.self) {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    /// - Parameter photo: the file's bytes.
    mutating func write(_ analysis: PhotoAnalysis, of file: String, photo: [UInt8], by pipeline: Pipeline) async throws
    {
        guard annotated != nil || activation != nil || drawn != nil else { return }
        let name = freshName(of: file)
        if let annotated {
            let picture = try await pipeline.draw(analysis.clean, FaceDrawing(analysis, onCleanPicture: true))
            try Data(picture).write(to: annotated.appending(path: "\(name).annotated.jpg"))
        }
        if let activation, let picture = try analysis.activationPicture() {
            try Data(picture).write(to: activation.appending(path: "\(name).activation.jpg"))
        }
        if let drawn {
            let picture = try await pipeline.draw(photo, FaceDrawing(analysis, onCleanPicture: false))
            try Data(picture).write(to: drawn.appending(path: "\(name).drawn.jpg"))
        }
    }

    /// Photos of the same name in different folders do not overwrite one another.
    private mutating func freshName(of file: String) -> String {
        let base = URL(filePath: file).deletingPathExtension().lastPathComponent
        var name = base
        while used[name] != nil {
            used[base, default: 1] += 1
            name = "\(base)-\(used[base, default: 2])"
        }
        used[name] = 1
        return name
    }
}
