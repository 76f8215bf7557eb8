import Contracts
import Logging

extension Mien_V1_Analysis {
    /// The figures of the one line that is logged per photo.
    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "faces": "\(faces.count)", "width": "\(width)", "height": "\(height)",
        ]
        for timing in timings {
            metadata["ms.\(timing.stage)"] = "\((timing.milliseconds * 10).rounded() / 10)"
        }
        return metadata
    }
}
