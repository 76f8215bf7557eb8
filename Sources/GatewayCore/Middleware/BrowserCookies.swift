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

    /// A browser of which nothing is known.
    init(token: String = "", isNew: Bool = false, usesSecureCookies: Bool = false) {
        self.token = token
        self.isNew = isNew
        self.usesSecureCookies = usesSecureCookies
    }
}

/// The cookies of the site. `__Host-` makes a browser refuse them from subdomains and without TLS, `__Secure-` without TLS.
enum BrowserCookies {
    static func sessionName(secure: Bool) -> String { secure ? "__Host-mien_session" : "mien_session" }
    static func knownName(secure: Bool) -> String { secure ? "__Host-mien_known" : "mien_known" }
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

    /// Without a lifetime: it ends with the browser.
    static func visitor(_ token: String, secure: Bool) -> Cookie {
        Cookie(
            name: visitorName(secure: secure), value: token, path: "/", secure: secure, httpOnly: true, sameSite: .lax)
    }
}
