import Accounts
import Analyses
import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import Postgres
import Reports

/// An answer other than success that a person or program should understand: what happened, and what to do.
///
/// Routes throw it; ``ErrorPageMiddleware`` turns it into a page or JSON.
struct RequestFailure: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let status: HTTPResponse.Status
    /// For programs: a word that does not change.
    let code: String
    /// What happened, as a heading.
    let title: String
    /// What to do, in a sentence or two.
    let message: String
    /// Seconds after which to try again, for the Retry-After header.
    var retryAfter: Int?
    /// The methods that the path takes, for the Allow header of a 405.
    var allowed: [HTTPRequest.Method] = []
    /// Further headers of the answer.
    var headers: HTTPFields = [:]
    /// What is wrong, by field or photo.
    var errors: [String: String] = [:]
    /// The scopes that an API token needs, one of which it lacked, with spaces between them (RFC 6750, 3).
    var neededScope: String?
    /// Whether somebody asked for what is not theirs, so that the audit log tells of it.
    var isDenial = false
    /// Where a person goes on from here; nil for the first page.
    var step: Step?

    /// A way on from an error page.
    struct Step: Sendable {
        let address: String
        let words: String
    }

    var isRetriable: Bool { retryAfter != nil }
    var description: String { "\(title). \(message)" }
    var debugDescription: String { "RequestFailure(\(status.code) \(code))" }
}

extension RequestFailure {
    /// What an error that no route expected is to the outside. It is logged, unless nothing is wrong.
    static func unexpected(_ error: any Error, _ request: Request, _ context: GatewayContext) -> RequestFailure {
        // The connection is gone or the gateway stops: nobody is there to read an answer.
        if error is CancellationError || (error as? PostgresError)?.isCancelled == true { return .unavailable() }
        // Met by whoever reads the body. Most clients are gone by now, or have had NIO's own answer.
        if error is HTTPParserError { return .malformedRequest }
        context.logFailure(error, of: request)
        return (error as? PostgresError)?.isRetriable == true ? .unavailable() : .internalError
    }
}

extension GatewayContext {
    /// Hummingbird logs unknown errors at debug level; here they are errors, with the request's id.
    func logFailure(_ error: any Error, of request: Request) {
        logger.error(
            "Request failed",
            metadata: [
                "error": "\(String(reflecting: error))", "http.method": "\(request.method.rawValue)",
                "http.path": "\(SharedLink.loggable(request.uri.path))",
            ])
    }
}

extension RequestFailure {
    static let notFound = RequestFailure(
        status: .notFound, code: "not_found", title: "Nothing is here",
        message: "The address may be mistyped, or what was here has been deleted.")
    /// The same answer, for what is there and not for this person: they do not learn that it is.
    static let hidden: RequestFailure = {
        var failure = notFound
        failure.isDenial = true
        return failure
    }()
    static let linkExpired = RequestFailure(
        status: .gone, code: "link_expired", title: "This link does not work any more",
        message: "It works once and for a limited time. Ask for a new one.")
    static let setupExpired = RequestFailure(
        status: .gone, code: "link_expired", title: "This link does not work any more",
        message:
            "Make a new one on the machine that Mien runs on: “Deploy/local up” or “docker compose run --rm mien user first-administrator-link” prints it. It works once, for a week."
    )
    static let setupDone = RequestFailure(
        status: .gone, code: "link_expired", title: "There is an administrator already",
        message: "This link has been used. Log in, or ask the administrator for access.")
    static let loginNeeded = RequestFailure(
        status: .unauthorized, code: "login_needed", title: "Log in first", message: "This page belongs to an account.")
    static let tokenRefused = RequestFailure(
        status: .unauthorized, code: "token_refused", title: "The API token is not valid",
        message: "It is not known here, or it was ended. Make a new one on the account page.", isDenial: true)
    static let tokenExpired = RequestFailure(
        status: .unauthorized, code: "token_expired", title: "The API token has expired",
        message: "Make a new one on the account page.")
    static let tokenElsewhere = RequestFailure(
        status: .forbidden, code: "token_elsewhere", title: "The API token may not be used from here",
        message: "It is for other addresses than the one that this request came from.", isDenial: true)
    static let personNeeded = RequestFailure(
        status: .forbidden, code: "person_needed", title: "No API token may do this",
        message: "Log in with a browser, and do it there.", isDenial: true)
    static func scopesMissing(_ missing: Set<TokenScope>, of needed: Set<TokenScope>) -> RequestFailure {
        func names(_ scopes: Set<TokenScope>) -> [String] { scopes.map(\.rawValue).sorted() }
        let words = names(missing).joined(separator: " and ")
        return RequestFailure(
            status: .forbidden, code: "scope_missing", title: "The API token may not do this",
            message: "It lacks the scope \(words). Make one that has it on the account page.",
            neededScope: names(needed).joined(separator: " "), isDenial: true)
    }
    static let forgedRequest = RequestFailure(
        status: .forbidden, code: "csrf_refused", title: "This form is too old",
        message: "Nothing was changed. Go back, reload the page and send the form again.", isDenial: true)
    static let badJSON = RequestFailure(
        status: .badRequest, code: "bad_json", title: "The body is not a JSON object",
        message: "Send one JSON object in UTF-8, of at most \(JSONFields.maxValues) values.")
    static let bodyTooSlow = RequestFailure(
        status: .requestTimeout, code: "too_slow", title: "The body came too slowly",
        message: "Nothing was done. Send it again over a better connection.", headers: [.connection: "close"])
    static func badFields(_ errors: [String: String]) -> RequestFailure {
        RequestFailure(
            status: .unprocessableContent, code: "bad_fields", title: "Some fields cannot be taken",
            message: "Nothing was done. What is wrong with each is in “errors”.", errors: errors)
    }
    /// Says what is wrong with one field in its own words too: a page shows no fields.
    static func badField(_ name: String, _ problem: String, title: String) -> RequestFailure {
        RequestFailure(
            status: .unprocessableContent, code: "bad_fields", title: title, message: problem, errors: [name: problem])
    }
    static func tokenScopes(_ refusal: TokenScopeRefusal) -> RequestFailure {
        badField("scopes", refusal.message, title: "The token was not made")
    }
    static func badQuery(_ errors: [String: String]) -> RequestFailure {
        RequestFailure(
            status: .badRequest, code: "bad_query", title: "Some of the query cannot be taken",
            message: "What is wrong with each is in “errors”.", errors: errors)
    }
    static func unsupportedMedia(_ accepted: String) -> RequestFailure {
        RequestFailure(
            status: .unsupportedMediaType, code: "unsupported_media_type", title: "This kind of body is not taken",
            message: "It takes \(accepted).")
    }
    static let noPhoto = RequestFailure(
        status: .unprocessableContent, code: "no_photo", title: "There is no photo",
        message: "Send at least one photo: in the form's field “photo”, or in the JSON's list “photos”.")
    static let badKey = RequestFailure(
        status: .badRequest, code: "bad_idempotency_key", title: "The Idempotency-Key cannot be taken",
        message: "It takes 1 to \(IdempotentRequest.maxKeyLength) printable ASCII characters, such as a UUID.")
    static let keyReused = RequestFailure(
        status: .unprocessableContent, code: "idempotency_key_reused",
        title: "Something else was sent under this Idempotency-Key", message: "Use a new key for a new request.")
    static let keyInWork = RequestFailure(
        status: .conflict, code: "idempotency_key_in_work", title: "The same request is being worked on",
        message: "Send it again in a moment to get its answer.", retryAfter: 1)
    static let notEnded = RequestFailure(
        status: .conflict, code: "not_ended", title: "There is nothing to try again",
        message: "Only what failed or was cancelled can be. Nothing was changed.")
    static let photoGone = RequestFailure(
        status: .notFound, code: "photo_gone", title: "The photo is not kept any more", message: "Its result is.")
    static let noResultYet = RequestFailure(
        status: .conflict, code: "not_finished", title: "There is no result yet",
        message: "The picture can be drawn once the analysis has finished.")
    static let notDrawn = RequestFailure(
        status: .unprocessableContent, code: "not_drawn", title: "The picture could not be drawn",
        message: "The photo without boxes is there. Ask again later.")
    static let stillDrawn = RequestFailure(
        status: .serviceUnavailable, code: "still_drawn", title: "The picture is not drawn yet",
        message: "A worker draws it as soon as one is free. Ask again in a moment.", retryAfter: 2)
    static func tooManyDrawings(_ picture: DrawnPicture) -> RequestFailure {
        let most = picture.maxPerPerson
        return RequestFailure(
            status: .tooManyRequests, code: "too_many_drawings", title: "Too many pictures at once",
            message: picture == .full
                ? "At most \(most) in full size are kept for an hour each. Ask again later."
                : "At most \(most) of yours are drawn at once. Ask again in a moment.",
            retryAfter: picture == .full ? 600 : 10)
    }
    static let noMap = RequestFailure(
        status: .notFound, code: "no_map", title: "Where the network looked is not known",
        message:
            "It was not kept with this face. Photos that are sent now have it, but for the smallest of very many faces."
    )
    static let twoHosts = RequestFailure(
        status: .badRequest, code: "two_hosts", title: "The request names two hosts",
        message: "Send one Host header.")
    static let unknownTransferCoding = RequestFailure(
        status: .notImplemented, code: "unknown_transfer_coding", title: "The transfer coding is not known here",
        message: "Send the body with its length, or in chunks alone.", headers: [.connection: "close"])
    static let malformedRequest = RequestFailure(
        status: .badRequest, code: "malformed_request", title: "The request could not be read",
        message: "It is no HTTP/1.1; the size of a chunk may be wrong.", headers: [.connection: "close"])
    static let badForm = RequestFailure(
        status: .badRequest, code: "bad_form", title: "The form could not be read",
        message: "Go back, reload the page and send the form again.")
    static let tooLarge = RequestFailure(
        status: .contentTooLarge, code: "too_large", title: "That is too much at once",
        message: "Send less text or a smaller photo.")
    static let registrationClosed = RequestFailure(
        status: .forbidden, code: "registration_closed", title: "Registration is closed",
        message: "Ask the operator of this site for an account.")
    static let secondFactorNeeded = RequestFailure(
        status: .forbidden, code: "second_factor_needed", title: "Set up a second factor first",
        message: "This site asks you for one. Your account’s page about security leads through it.")
    static let noModel = RequestFailure(
        status: .notFound, code: "no_model", title: "No model is described here",
        message: "The operator has not told the site where its models are (MIEN_MODELS_DIR).")
    static let notYourself = RequestFailure(
        status: .unprocessableContent, code: "not_yourself", title: "Not your own account",
        message: "So that nobody locks themselves out, another administrator has to do this.")
    static let exportRuns = RequestFailure(
        status: .tooManyRequests, code: "export_runs", title: "Your data is being saved already",
        message: "Wait until that download has ended, then start the next.", retryAfter: 30)
    static let internalError = RequestFailure(
        status: .internalServerError, code: "internal", title: "Something went wrong here",
        message: "It is not your fault, and it has been written to the log. Try again in a moment.")

    static func unavailable(retryAfter: Int = 5) -> RequestFailure {
        RequestFailure(
            status: .serviceUnavailable, code: "unavailable", title: "The site is busy",
            message: "Nothing is lost. Try again in a few seconds.", retryAfter: retryAfter)
    }

    static func tooManyRequests(retryAfter: Int) -> RequestFailure {
        RequestFailure(
            status: .tooManyRequests, code: "too_many_requests", title: "Too many attempts",
            message: "Come back in \(Words.duration(seconds: retryAfter)).", retryAfter: retryAfter)
    }

    static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> RequestFailure {
        RequestFailure(
            status: .methodNotAllowed, code: "method_not_allowed", title: "This address takes other requests",
            message: "It takes \(allowed.map(\.rawValue).joined(separator: ", ")).", allowed: allowed)
    }

    static func badFilter(_ name: String, _ value: String, _ accepted: String) -> RequestFailure {
        RequestFailure(
            status: .badRequest, code: "bad_filter", title: "This filter is not known",
            message: "“\(name)” was “\(value.prefix(40))”; it takes: \(accepted).",
            errors: [name: "It takes: \(accepted)."])
    }

    /// Photos are not taken in now, though nothing is wrong with them.
    static func intake(_ refusal: IntakeRefusal) -> RequestFailure {
        RequestFailure(
            status: refusal.status, code: refusal.code, title: "Not now", message: refusal.message,
            retryAfter: refusal.retryAfter)
    }

    static let alreadyEnded = RequestFailure(
        status: .conflict, code: "already_ended", title: "This analysis has ended already",
        message: "Only what waits or is being analysed can be cancelled. Nothing was changed.")
    static let notFinished = RequestFailure(
        status: .conflict, code: "not_finished", title: "There is no report yet",
        message: "A report can be saved once the analysis has finished.")
}
