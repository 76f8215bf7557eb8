import Foundation
import Vision

/// Where `mien classify` writes pictures, each under a name of its own.
struct PictureFolders {
    private let annotated: URL?
    private let activation: URL?
    private var used: [String: Int] = [:]

    init(annotated: String?, activation: String?) {
        self.annotated = annotated.map { URL(filePath: $0) }
        self.activation = activation.map { URL(filePath: $0) }
    }

    func make() throws {
        for folder in [annotated, activation].compactMap(\.self) {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    mutating func write(_ analysis: PhotoAnalysis, of file: String) throws {
        guard annotated != nil || activation != nil else { return }
        let name = freshName(of: file)
        if let annotated {
            try Data(analysis.annotated).write(to: annotated.appending(path: "\(name).annotated.jpg"))
        }
        if let activation, let picture = try analysis.activationPicture() {
            try Data(picture).write(to: activation.appending(path: "\(name).activation.jpg"))
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
