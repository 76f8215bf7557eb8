import Foundation

/// Where the site's templates and static files are: the files in `Static`, and each page's templates in its folder of
/// `Pages`, or all together beside `Static` as SwiftPM builds them in.
enum WebDirectory {
    /// The folder that `MIEN_WEB_DIR` names, or the one beside the executable (`mien_GatewayCore.resources`, as SwiftPM
    /// builds it; copy it along with the executable).
    static func find(_ configured: URL?) -> URL {
        // Asked for only when nothing else is configured: Bundle.module ends the process when its folder is gone.
        configured ?? Bundle.module.bundleURL
    }

    /// The templates' files.
    static func templates(in directory: URL) throws -> [URL] {
        let manager = FileManager.default
        let pages = directory.appendingPathComponent("Pages")
        // Not deeper where SwiftPM has built them: it leaves what earlier builds have put there.
        let found =
            manager.fileExists(atPath: pages.path)
            ? manager.enumerator(at: pages, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
            : try manager.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        return found.filter { $0.pathExtension == "mustache" }
    }
}
