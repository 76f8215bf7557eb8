import HTTPTypes

/// An error for programs (RFC 9457).
struct ProblemDocument: Encodable {
    static let mediaType = "application/problem+json"

    /// As `/analyses` and its like answered before there were problem documents; programs read it.
    struct Former: Encodable {
        let code: String
        let message: String
        let request_id: String
    }

    /// Names the kind of problem; it does not change.
    let type: String
    let title: String
    let status: Int
    let detail: String
    /// The same as `type`, short.
    let code: String
    let request_id: String
    /// Of the trace that the request belongs to, as in the logs (W3C Trace Context).
    let trace_id: String
    /// What is wrong, by field or photo.
    let errors: [String: String]?
    let error: Former

    init(_ failure: RequestFailure, requestID: String, traceID: String) {
        type = "urn:mien:problem:\(failure.code)"
        title = failure.title
        status = failure.status.code
        detail = failure.message
        code = failure.code
        request_id = requestID
        trace_id = traceID
        errors = failure.errors.isEmpty ? nil : failure.errors
        error = Former(code: failure.code, message: failure.description, request_id: requestID)
    }
}
