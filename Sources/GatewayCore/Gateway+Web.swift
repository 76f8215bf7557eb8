import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations

extension Gateway {
    /// Pages, API and static files, with what every request passes through before them.
    func addWebRoutes(to router: Router<GatewayContext>) throws {
        let configuration = services.configuration
        let accounts = AccountStore(database: services.database)
        let pages = try WebPages(services: services, accounts: accounts, broker: broker)
        router.add(middleware: ClientAddressMiddleware(trustsProxy: configuration.trustsProxy))
        router.add(middleware: TraceMiddleware())
        router.add(middleware: LogRequestsMiddleware(.debug))
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: SecurityHeadersMiddleware())
        router.add(middleware: ErrorPageMiddleware(pages: pages))
        router.add(middleware: SessionMiddleware(accounts: accounts, secureCookies: configuration.secureCookies))
        // Once more, where the person is known: their error pages keep their menu.
        router.add(middleware: ErrorPageMiddleware(pages: pages))
        let perMinute = configuration.apiRequestsPerMinute
        router.add(
            middleware: RateLimitMiddleware(allowance: perMinute > 0 ? RequestAllowance(perMinute: perMinute) : nil))
        AnalysisRoutes(analyses: services.analyses, changes: services.changes).add(to: router)
        let reader = UploadReader(
            maxPhotoBytes: configuration.maxPhotoBytes, acceptsHEIF: configuration.acceptsHEIF,
            deadline: .seconds(configuration.maxUploadSeconds), memory: UploadMemory(bytes: UploadReader.maxHeldBytes))
        let intake = PhotoIntake(
            analyses: services.analyses,
            limits: IntakeLimits(maxOpenPerUser: configuration.maxOpenPerUser, maxOpen: configuration.maxOpen),
            disk: disk, switches: services.switches, logger: services.logger)
        SubmissionRoutes(reader: reader, intake: intake, csrf: pages.csrf, pages: pages).add(to: router)
        APIRoutes(pages: pages, reader: reader, intake: intake).add(to: router)
        ReportRoutes(
            analyses: services.analyses, printer: pages.printer, schema: pages.files.bytes("analysis-1.schema.json")
        ).add(to: router)
        pages.addRoutes(to: router)
    }
}

/// Takes the client's address from a trusted proxy, and shows the request's id.
struct ClientAddressMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    let trustsProxy: Bool

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var (head, context) = (request.head, context)
        if trustsProxy {
            // The last entry is the one that the proxy itself wrote; those before it are the client's words.
            let forwarded = request.headers[.forwardedFor]?.split(separator: ",").last
            if let forwarded { context.remoteAddress = forwarded.trimmingCharacters(in: .whitespaces) }
        } else {
            head.headerFields[.forwardedFor] = nil
            head.headerFields[.forwardedProto] = nil
        }
        var response = try await next(Request(head: head, body: request.body), context)
        response.headers[.requestID] = context.requestID
        return response
    }
}

extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
    static let forwardedProto = Self("X-Forwarded-Proto")!
    static let requestID = Self("X-Request-ID")!
}
