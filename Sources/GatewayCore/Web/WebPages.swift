import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Passwords
import Reports

/// The site: its pages, their forms and their files. Pages work without JavaScript; one script each makes them live.
struct WebPages: Sendable {
    let services: GatewayServices
    let accounts: AccountStore
    let csrf: CSRF
    let knownBrowser: KnownBrowser
    let files: StaticFiles
    let templates: Templates
    let throttle: LoginThrottle
    let gate = LoginGate(limit: 256)
    /// For errors that a path without the method gives.
    let methods = PathMethods()
    /// Slows down who has links sent.
    let mailThrottle = LoginThrottle()
    /// Slows down who makes accounts; a class that shares an address gets in at once.
    let registrationThrottle = LoginThrottle(limits: .init(freeForAddress: 30))
    let exports = ExportGate()
    let printer = ReportPrinter()
    let cards: ModelCards
    /// Nil where there is no broker to ask, as in tests.
    let broker: BrokerWatch?

    /// Compiles the templates and reads the files.
    /// - Throws: ``WebSetupError`` when a template or file is missing or wrong: better at start than before a visitor.
    init(
        services: GatewayServices, accounts: AccountStore, throttle: LoginThrottle = LoginThrottle(),
        broker: BrokerWatch? = nil
    ) throws {
        let directory = WebDirectory.find(services.configuration.webDirectory)
        self.services = services
        self.accounts = accounts
        self.throttle = throttle
        self.broker = broker
        cards = ModelCards(directory: services.configuration.modelsDirectory, logger: services.logger)
        csrf = CSRF(secret: services.configuration.secret)
        knownBrowser = KnownBrowser(secret: services.configuration.secret)
        files = try StaticFiles(directory: directory.appendingPathComponent("Static"))
        templates = try Templates(directory: directory.appendingPathComponent("Templates"))
    }

    /// Adds every page, and `/static`. `SessionMiddleware` and `ErrorPageMiddleware` have to be there already, and
    /// every other route whose path is to be told from a method that it does not take.
    func addRoutes(to router: Router<GatewayContext>) {
        files.addRoutes(to: router)
        addVisitorRoutes(to: router)
        addLoginRoutes(to: router)
        addLinkRoutes(to: router)
        addForgotRoutes(to: router)
        addAccountRoutes(to: router)
        addModelRoutes(to: router)
        addAPIPage(to: router)
        addOperationsRoutes(to: router)
        addHomeRoutes(to: router)
        addAnalysisRoutes(to: router)
        methods.learn(router)
    }
}

extension WebPages {
    /// What the frame of a page needs.
    func site(
        _ title: String, _ place: Site.Place, _ context: GatewayContext, script: String? = nil, refresh: Int? = nil
    ) -> Site {
        Site(
            pageTitle: title,
            person: context.user.map {
                Site.Person(
                    name: $0.name, initial: String($0.name.prefix(1)).uppercased(), isAdmin: $0.isAdmin)
            },
            csrf: csrf.token(for: context), atHome: place == .home, atNew: place == .new, atHistory: place == .history,
            atAccount: place == .account, atOperations: place == .operations,
            canAskForLink: services.resetMailer != nil, canRegister: services.switches.current.registration == .open,
            style: files.address("style.css"), icon: files.address("icon.svg"), sample: files.address("sample.jpg"),
            scripts: script.map(files.scripts) ?? [], refresh: refresh)
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
        guard let user = context.user else { throw LoginRedirect(target: LocalPath.asked(by: request)) }
        return user
    }

    /// Reads a small form and refuses it unless one of our own pages sent it.
    func form<Form: CSRFForm>(_ type: Form.Type, _ request: Request, _ context: GatewayContext) async throws -> Form {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: 64 * 1024)
        } catch is NIOTooManyBytesError {
            throw RequestFailure.tooLarge
        }
        guard let form = try? URLEncodedFormDecoder().decode(Form.self, from: String(buffer: buffer)) else {
            throw RequestFailure.badForm
        }
        guard CSRF.comesFromThisSite(request), csrf.verify(form.csrf_token, in: context) else {
            throw RequestFailure.forgedRequest
        }
        return form
    }
}

/// Every form of the site carries the token.
protocol CSRFForm: Decodable {
    var csrf_token: String? { get }
}

/// A form with nothing but the token: a button.
struct EmptyForm: CSRFForm {
    let csrf_token: String?
}
