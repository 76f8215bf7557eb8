import Accounts
import Analyses
import Hummingbird
import Operations

/// Takes photos in: `POST /analyses`.
struct SubmissionRoutes: Sendable {
    let reader: UploadReader
    let intake: PhotoIntake
    let csrf: CSRF
    let pages: any SubmissionPages

    func add(to router: some RouterMethods<GatewayContext>) {
        router.post("/analyses", use: submit)
    }

    @Sendable func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let answer = SubmissionAnswer(request: request, context: context, pages: pages)
        guard let user = context.user else { throw LoginRedirect(request) }
        let key = try APIRequest(request: request, context: context).idempotencyKey
        do {
            try await intake.check(key, of: user.id)
            return try await reader.withForm(request, of: user.id) { form in
                let token = form.fields[CSRF.fieldName] ?? request.headers[CSRF.headerName]
                guard CSRF.comesFromThisSite(request), csrf.verify(token, in: context) else {
                    throw RequestFailure.forgedRequest
                }
                // The page sends a photo again whose answer did not come: what was stored is not stored twice.
                let once = key.map { IdempotentRequest(owner: user.id, key: $0, parts: form.digestParts) }
                return try await answer.show(
                    intake.take(
                        form, owner: user.id, requestID: context.requestID, trace: context.trace, as: once))
            }
        } catch let error as UploadError {
            return try await answer.refused(error)
        } catch let error as MultipartParser.Malformed {
            return try await answer.malformed(error)
        } catch let error as IntakeRefusal {
            return try await answer.refused(error)
        }
    }
}

/// The pages that a submission may end on.
protocol SubmissionPages: Sendable {
    /// The form again, with its values and what was wrong.
    func form(
        _ outcome: SubmissionOutcome?, notice: String?, status: HTTPResponse.Status, request: Request,
        context: GatewayContext
    ) async throws -> Response
}
