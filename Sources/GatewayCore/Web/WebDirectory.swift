import Foundation

/// Where the site's templates and static files are.
enum WebDirectory {
    /// The folder that `MIEN_WEB_DIR` names, or the one beside the executable (`mien_GatewayCore.resources`, as SwiftPM
    /// builds it; copy it along with the executable).
    static func find(_ configured: URL?) -> URL {
        // Asked for only when nothing else is configured: Bundle.module ends the process when its folder is gone.
        configured ?? Bundle.module.bundleURL
    }
}
