import HTTPTypes
import Operations

/// A form that cannot be read as a whole.
enum UploadError: Error, Equatable {
    case tooSlow, tooLarge, incomplete, busy, tooManyPhotos
    /// As JSON; as a form it may be taken.
    case tooLargeAsJSON
    case fieldTooLong(String)

    var status: HTTPResponse.Status {
        switch self {
        case .tooSlow: .requestTimeout
        case .tooLarge, .tooLargeAsJSON, .tooManyPhotos, .fieldTooLong: .contentTooLarge
        case .incomplete: .badRequest
        case .busy: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .tooSlow: "too_slow"
        case .tooLarge, .tooLargeAsJSON: "too_large"
        case .tooManyPhotos: "too_many_photos"
        case .fieldTooLong: "field_too_long"
        case .incomplete: "incomplete"
        case .busy: "busy"
        }
    }

    var message: String {
        switch self {
        case .tooSlow:
            "The upload took too long and was stopped. Try again, with fewer photos at once or a better connection."
        case .tooLarge: "The form is too large. Send fewer photos at once."
        case .tooLargeAsJSON:
            "Photos in JSON may have less than \(JSONSubmission.maxPhotoBytes >> 20) MB together. Send larger ones as multipart/form-data."
        case .tooManyPhotos: "Send at most \(GatewayConfiguration.maxPhotosPerForm) photos at once."
        case .fieldTooLong(let name): "The field \"\(name)\" is too long."
        case .incomplete: "The upload ended before it was complete. Try again."
        case .busy: "Many uploads are under way. Try again in a few seconds."
        }
    }
}

extension UploadError {
    /// The answer to it.
    var failure: RequestFailure {
        RequestFailure(
            status: status, code: code, title: "The photos could not be taken", message: message,
            retryAfter: self == .busy ? 5 : nil, headers: self == .tooSlow ? [.connection: "close"] : [:])
    }
}

extension RequestFailure {
    static func malformedForm(_ reason: String) -> RequestFailure {
        RequestFailure(
            status: .badRequest, code: "malformed_form", title: "The form could not be read", message: reason)
    }
}
