import Accounts
import Analyses
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Sharing
import Webhooks

/// Turns whatever a route throws into an answer for people or programs, and never shows what was thrown.
struct ErrorPageMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    let page: ErrorPage
    let audit: AuditLog
    /// Tells an unknown path from a method that a path does not take.
    let methods: PathMethods

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch var redirect as LoginRedirect {
            if context.wantsJSON(request) { return answer(.loginNeeded, request, context) }
            redirect.target = methods.page(at: redirect.target)
            return Response.redirect(to: redirect.location, type: .normal)
        } catch {
            let failure = failure(error, request, context)
            if failure.isDenial { await record(failure, request, context) }
            return answer(failure, request, context)
        }
    }

    private func record(_ failure: RequestFailure, _ request: Request, _ context: GatewayContext) async {
        context.logger.notice(
            "Request denied",
            metadata: ["error.code": "\(failure.code)", "http.path": "\(SharedLink.loggable(request.uri.path))"])
        await audit.record(
            .denied, by: context.user?.id, detail: "\(failure.code) \(SharedLink.loggable(request.uri.path))", context)
    }

    private func failure(_ error: any Error, _ request: Request, _ context: GatewayContext) -> RequestFailure {
        switch error {
        case let failure as RequestFailure: return failure
        case let refusal as HistoryFilterRefusal: return .badFilter(refusal.field, refusal.value, refusal.accepted)
        case let refusal as IntakeRefusal: return .intake(refusal)
        case let refusal as IdempotencyRefusal: return refusal == .inWork ? .keyInWork : .keyReused
        case let error as UploadError: return error.failure
        case let error as MultipartParser.Malformed: return .malformedForm(error.description)
        case let refusal as WebhookStore.Refusal: return .webhook(refusal)
        case let refusal as CorrectionRefusal: return .correction(refusal)
        case let refusal as ShareStore.Refusal: return .share(refusal)
        case is BatchNotFound: return .notFound
        case let refusal as TokenScopeRefusal: return .tokenScopes(refusal)
        case let error as HTTPError where error.status == .notFound:
            // Thrown by the router too when the path is there for other methods.
            let methods = self.methods.methods(at: request.uri.path)
            return methods.isEmpty || methods.contains(request.method) ? .notFound : .methodNotAllowed(methods)
        case let error as HTTPError: return Self.failure(status: error.status)
        default: return .unexpected(error, request, context)
        }
    }

    private static func failure(status: HTTPResponse.Status) -> RequestFailure {
        switch status {
        case .notFound: .notFound
        case .contentTooLarge: .tooLarge
        case .unauthorized: .loginNeeded
        case .tooManyRequests: .tooManyRequests(retryAfter: 30)
        case .serviceUnavailable: .unavailable()
        default: status.code < 500 ? .badForm : .internalError
        }
    }

    private func answer(_ failure: RequestFailure, _ request: Request, _ context: GatewayContext) -> Response {
        var response = context.wantsJSON(request) ? json(failure, context) : page.show(failure, request, context)
        for field in failure.headers { response.headers[field.name] = field.value }
        if let seconds = failure.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        response.headers[.wwwAuthenticate] = Self.challenge(failure)
        if !failure.allowed.isEmpty {
            response.headers[.allow] = failure.allowed.map(\.rawValue).joined(separator: ", ")
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// RFC 6750, 3: how to come in, or what the token lacks.
    private static func challenge(_ failure: RequestFailure) -> String? {
        if let scope = failure.neededScope {
            return "Bearer realm=\"Mien\", error=\"insufficient_scope\", scope=\"\(scope)\""
        }
        return failure.status == .unauthorized ? "Bearer realm=\"Mien\"" : nil
    }

    private func json(_ failure: RequestFailure, _ context: GatewayContext) -> Response {
        let problem = ProblemDocument(failure, requestID: context.requestID, traceID: context.trace.traceID)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and a number always encode.
        let data = (try? encoder.encode(problem)) ?? Data("{}".utf8)
        return Response(
            status: failure.status, headers: [.contentType: ProblemDocument.mediaType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }
}
