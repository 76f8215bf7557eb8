import Analyses
import HTTPTypes

extension IntakeRefusal {
    /// 429 for what is the person's own doing, 503 for what is not; a batch that is full never has room again.
    var status: HTTPResponse.Status {
        switch self {
        case .batchFull: .unprocessableContent
        case .tooManyOpen: .tooManyRequests
        case .queueFull, .diskFull, .paused: .serviceUnavailable
        }
    }
}
