import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations

/// A page of the site with its forms. Pages work without JavaScript; one script each makes them live.
protocol Page: Sendable {
    func addRoutes(to router: Router<GatewayContext>)
}

/// What all pages share: the frame around them, and how their forms are read.
struct PageFrame: Sendable {
    let csrf: CSRF
    let files: StaticFiles
    let templates: Templates
    let switches: SiteSwitches
    /// Whether links for new passwords are sent by e-mail.
    let canAskForLink: Bool
    let ways: LogInWays
    /// Read before it is known who sends a form: strangers are not to hold connections with it.
    var formPace = BodyPace.small

    /// Compiles the templates and reads the files.
    /// - Throws: ``WebSetupError`` when a template or file is missing or wrong: better at start than before a visitor.
    init(_ services: GatewayServices) throws {
        let directory = WebDirectory.find(services.configuration.webDirectory)
        csrf = CSRF(secret: services.configuration.secret)
        files = try StaticFiles(directory: directory.appendingPathComponent("Static"))
        templates = try Templates(directory: directory)
        switches = services.switches
        ways = LogInWays(services.configuration)
        canAskForLink = services.accountMailer != nil && ways.takesPasswords
    }

    /// What the frame of a page needs.
    func site(
        _ title: String, _ place: Site.Place, _ context: GatewayContext, script: String? = nil,
        and otherScript: String? = nil, refresh: Int? = nil
    ) -> Site {
        Site(
            pageTitle: title,
            person: context.user.map {
                Site.Person(
                    name: $0.name, initial: String($0.name.prefix(1)).uppercased(), isAdmin: $0.isAdmin)
            },
            csrf: csrf.token(for: context), atHome: place == .home, atNew: place == .new, atHistory: place == .history,
            atTrends: place == .trends, atAccount: place == .account, atOperations: place == .operations,
            canAskForLink: canAskForLink, canRegister: canRegister,
            style: files.address("style.css"), icon: files.address("icon.svg"),
            touchIcon: files.address("apple-touch-icon.png"), sample: files.address("sample.jpg"),
            scripts: [script, otherScript].compactMap(\.self).flatMap(files.scripts), refresh: refresh,
            theme: (context.user?.theme ?? context.browser.theme).attribute,
            visitorCSRF: csrf.visitorToken(for: context))
    }

    private var canRegister: Bool {
        ways.providerRegisters || (ways.takesPasswords && switches.current.registration == .open)
    }

    /// The frame of a shared link's page: whoever looks at it, it is the same.
    ///
    /// - Parameter again: where it is loaded again from.
    func sharedSite(
        _ title: String, _ context: GatewayContext, script: String? = nil, refresh: Int? = nil, again: String? = nil
    ) -> Site {
        Site(
            pageTitle: title, person: nil, csrf: csrf.token(for: context), atHome: false, atNew: false,
            atHistory: false, atTrends: false, atAccount: false, atOperations: false, canAskForLink: false,
            canRegister: false,
            style: files.address("style.css"), icon: files.address("icon.svg"),
            touchIcon: files.address("apple-touch-icon.png"), sample: files.address("sample.jpg"),
            scripts: script.map(files.scripts) ?? [], refresh: refresh, isShared: true, again: again,
            theme: context.browser.theme.attribute, visitorCSRF: csrf.visitorToken(for: context))
    }

    /// Renders a page. Pages carry forms and private things, so nothing keeps them.
    func page(
        _ page: Templates.Page, _ model: some Sendable, _ context: GatewayContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        var response = Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: templates.render(page, model))))
        if context.browser.isNew {
            response.setCookie(
                BrowserCookies.visitor(context.browser.token, secure: context.browser.usesSecureCookies))
        }
        return response
    }

    /// The signed-in person, or the way to the log-in page.
    func person(_ request: Request, _ context: GatewayContext) throws -> User {
        guard let user = context.user else { throw LoginRedirect(request) }
        return user
    }

    /// The signed-in administrator. Everybody else gets 404, as of an address that does not exist.
    func administrator(_ context: GatewayContext) throws -> User {
        guard let user = context.user, user.isAdmin else { throw RequestFailure.hidden }
        return user
    }

    /// Reads a small form and refuses it unless one of our own pages sent it.
    func form<Form: CSRFForm>(_ type: Form.Type, _ request: Request, _ context: GatewayContext) async throws -> Form {
        let form = try await read(type, request)
        try check(form, request, context)
        return form
    }

    /// Reads a small form, whoever sent it.
    func read<Form: CSRFForm>(_ type: Form.Type, _ request: Request) async throws -> Form {
        let buffer = try await request.smallBody(within: formPace, incomplete: .badForm)
        guard let form = try? URLEncodedFormDecoder().decode(Form.self, from: String(buffer: buffer)) else {
            throw RequestFailure.badForm
        }
        return form
    }

    /// Refuses a form unless one of our own pages sent it.
    func check<Form: CSRFForm>(_ form: Form, _ request: Request, _ context: GatewayContext) throws {
        guard CSRF.comesFromThisSite(request),
            csrf.verify(form.csrf_token, in: context, isForAnybody: Form.isForAnybody)
        else { throw RequestFailure.forgedRequest }
    }

    /// What answers a form for visitors where somebody has come in meanwhile, in another tab: its token is of before, and nothing
    /// is done with it. Whoever the form names is led on, as whoever only looks at its page then. Anybody else would be in an
    /// account that is not theirs, so they are told which it is.
    ///
    /// - Parameter email: whom the form names; nil where nobody knows any more.
    /// - Returns: nil where nothing of the kind has happened.
    func overtaken(
        _ form: some CSRFForm, by email: String?, next: String?, _ request: Request, _ context: GatewayContext
    ) -> Response? {
        guard let user = context.user, CSRF.comesFromThisSite(request), !csrf.verify(form.csrf_token, in: context)
        else { return nil }
        let next = LocalPath.safe(next)
        if let email, email.trimmingCharacters(in: .whitespacesAndNewlines).lowercased() == user.email.lowercased() {
            return Response.redirect(to: next, type: .normal)
        }
        let title = "Somebody is logged in here already"
        let model = MessageModel(
            site: site(title, .elsewhere, context), title: title,
            message: """
                This browser is logged in as \(user.email), from another tab, so nothing was done. To use another account, log out \
                first.
                """,
            link: next, linkText: "Go on as \(user.email)", canLogOut: true)
        return page(.message, model, context, status: .conflict)
    }
}

/// Every form of the site carries the token.
protocol CSRFForm: Decodable {
    var csrf_token: String? { get }
    /// Whether it does the same for whoever is logged in, or nobody. Its token is ``CSRF/visitorToken(for:)`` then, which outlives
    /// a log-in in another tab.
    static var isForAnybody: Bool { get }
}

extension CSRFForm {
    static var isForAnybody: Bool { false }
}

/// A form with nothing but the token: a button.
struct EmptyForm: CSRFForm {
    let csrf_token: String?
}

extension Theme {
    /// What pages carry of it; nil for none.
    fileprivate var attribute: String? { self == .system ? nil : rawValue }
}
