import Accounts
import Foundation
import Hummingbird
import Sharing

/// What a request's cookies say about the browser, before anybody has logged in.
struct BrowserState: Sendable {
    /// A random value that only this browser holds; CSRF tokens of visitors are made from it.
    var token: String
    /// Whether the value was made for this request, so that the answer has to set the cookie.
    var isNew: Bool
    /// Whether cookies are set with `Secure` and the `__Host-` prefix.
    var usesSecureCookies: Bool
    /// How pages look to whoever is not logged in.
    var theme = Theme.system

    /// A browser of which nothing is known.
    init(token: String = "", isNew: Bool = false, usesSecureCookies: Bool = false, theme: Theme = .system) {
        self.token = token
        self.isNew = isNew
        self.usesSecureCookies = usesSecureCookies
        self.theme = theme
    }
}

/// The cookies of the site. `__Host-` makes a browser refuse them from subdomains and without TLS, `__Secure-` without TLS.
enum BrowserCookies {
    static func sessionName(secure: Bool) -> String { secure ? "__Host-mien_session" : "mien_session" }
    static func knownName(secure: Bool) -> String { secure ? "__Host-mien_known" : "mien_known" }
    static func pendingName(secure: Bool) -> String { secure ? "__Host-mien_pending" : "mien_pending" }
    static func themeName(secure: Bool) -> String { secure ? "__Host-mien_theme" : "mien_theme" }
    static func visitorName(secure: Bool) -> String { secure ? "__Host-mien_visitor" : "mien_visitor" }

    /// The cookie may live as long as a session can; the database knows when it has been idle for too long.
    static func session(_ token: String, secure: Bool) -> Cookie {
        Cookie(
            name: sessionName(secure: secure), value: token, maxAge: AccountStore.SessionLimit.absolute, path: "/",
            secure: secure, httpOnly: true, sameSite: .lax)
    }

    static func endOfSession(secure: Bool) -> Cookie {
        Cookie(
            name: sessionName(secure: secure), value: "", maxAge: 0, path: "/", secure: secure, httpOnly: true,
            sameSite: .lax)
    }

    /// It outlives sessions: its day comes when the person logs in again. See ``KnownBrowser``.
    static func known(_ value: String, secure: Bool) -> Cookie {
        Cookie(
            name: knownName(secure: secure), value: value, maxAge: 365 * 86_400, path: "/", secure: secure,
            httpOnly: true, sameSite: .lax)
    }

    static func endOfKnown(secure: Bool) -> Cookie {
        Cookie(
            name: knownName(secure: secure), value: "", maxAge: 0, path: "/", secure: secure, httpOnly: true,
            sameSite: .lax)
    }

    /// Of shared links. `__Host-` would send it with all requests: it belongs to one address and what is under it.
    static func sharedName(secure: Bool) -> String { secure ? "__Secure-mien_shared" : "mien_shared" }

    static func shared(_ value: String, address: String, secure: Bool) -> Cookie {
        Cookie(
            name: sharedName(secure: secure), value: value, maxAge: SharePass.lifetime, path: address, secure: secure,
            httpOnly: true, sameSite: .lax)
    }

    /// Whose password was shown, until the code is; see ``CodePage``.
    static func pending(_ token: String, secure: Bool) -> Cookie {
        Cookie(
            name: pendingName(secure: secure), value: token, maxAge: AccountStore.pendingLifetime, path: "/",
            secure: secure, httpOnly: true, sameSite: .lax)
    }

    static func endOfPending(secure: Bool) -> Cookie {
        Cookie(
            name: pendingName(secure: secure), value: "", maxAge: 0, path: "/", secure: secure, httpOnly: true,
            sameSite: .lax)
    }

    static func tripName(secure: Bool) -> String { secure ? "__Host-mien_trip" : "mien_trip" }

    /// Who is on the way to the provider; see ``OpenIDPage``. `Lax` lets it come along when they are sent back.
    static func trip(_ token: String, secure: Bool) -> Cookie {
        Cookie(
            name: tripName(secure: secure), value: token, maxAge: AccountStore.tripLifetime, path: "/",
            secure: secure, httpOnly: true, sameSite: .lax)
    }

    /// How pages look before the log-in; none for the system's own.
    static func theme(_ theme: Theme, secure: Bool) -> Cookie {
        Cookie(
            name: themeName(secure: secure), value: theme == .system ? "" : theme.rawValue,
            maxAge: theme == .system ? 0 : 365 * 86_400, path: "/", secure: secure, httpOnly: true, sameSite: .lax)
    }

    /// Without a lifetime: it ends with the browser.
    static func visitor(_ token: String, secure: Bool) -> Cookie {
        Cookie(
            name: visitorName(secure: secure), value: token, path: "/", secure: secure, httpOnly: true, sameSite: .lax)
    }
}
