import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations

/// Pages, API and static files, with what every request passes through before them.
struct WebRoutes: Sendable {
    let services: GatewayServices
    let accounts: AccountStore
    let disk: DiskSpace
    var throttle = LoginThrottle()
    /// Nil where no broker is watched; the operations page then says nothing of it.
    var broker: BrokerWatch?

    /// - Throws: when a template or a static file is missing.
    func add(to router: Router<GatewayContext>) throws {
        let frame = try PageFrame(services)
        let pages = SitePages(services, frame: frame, accounts: accounts, throttle: throttle, broker: broker)
        let methods = PathMethods()
        addMiddleware(
            to: router, ErrorPageMiddleware(page: ErrorPage(frame: frame), audit: services.audit, methods: methods))
        addAPI(to: router, frame, pages)
        frame.files.addRoutes(to: router)
        pages.addRoutes(to: router)
        methods.learn(router)
    }

    private func addMiddleware(to router: Router<GatewayContext>, _ errors: ErrorPageMiddleware) {
        let configuration = services.configuration
        router.add(middleware: ClientAddressMiddleware(trustsProxy: configuration.trustsProxy))
        router.add(middleware: TraceMiddleware())
        router.add(middleware: RequestLogMiddleware())
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: SecurityHeadersMiddleware())
        router.add(middleware: errors)
        router.add(middleware: RequestHeadMiddleware())
        router.add(middleware: SessionMiddleware(accounts: accounts, secureCookies: configuration.secureCookies))
        // Once more, where the person is known: their error pages keep their menu.
        router.add(middleware: errors)
        let perMinute = configuration.apiRequestsPerMinute
        router.add(
            middleware: RateLimitMiddleware(allowance: perMinute > 0 ? RequestAllowance(perMinute: perMinute) : nil))
        // And behind the limit, so that what is thrown from here on is an answer there, which says how much is left.
        router.add(middleware: errors)
        router.add(middleware: SecondFactorMiddleware(rule: configuration.secondFactorRule))
    }

    private func addAPI(to router: Router<GatewayContext>, _ frame: PageFrame, _ pages: SitePages) {
        let configuration = services.configuration
        AnalysisRoutes(analyses: services.analyses, changes: services.changes).add(to: router)
        DrawnPictureRoutes(database: services.database, changes: services.changes).add(to: router)
        let reader = UploadReader(
            maxPhotoBytes: configuration.maxPhotoBytes, acceptsHEIF: configuration.acceptsHEIF,
            pace: BodyPace(deadline: .seconds(configuration.maxUploadSeconds)),
            memory: UploadMemory(bytes: UploadReader.maxHeldBytes))
        let intake = PhotoIntake(
            analyses: services.analyses,
            limits: configuration.intakeLimits, disk: disk, switches: services.switches, logger: services.logger)
        SubmissionRoutes(reader: reader, intake: intake, csrf: frame.csrf, pages: pages.new).add(to: router)
        APIRoutes(
            services: services, accounts: accounts, csrf: frame.csrf, description: frame.files.bytes("openapi.json"),
            reader: reader, intake: intake
        ).add(to: router)
        ReportRoutes(
            configuration: configuration, analyses: services.analyses, changes: services.changes,
            printer: services.printer,
            schema: frame.files.bytes("analysis-1.schema.json")
        ).add(to: router)
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
