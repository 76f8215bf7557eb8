import Foundation
import Glibc

/// Where messages go, checked as text: nothing in it is left to how another program reads URLs.
package struct WebhookTarget: Sendable, Equatable {
    package let url: String
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    package let isClearText: Bool
    /// Whether the operator named the host, so that it may be near.
    package let isAllowed: Bool

    /// Hosts that the operator named.
    package struct AllowedHosts: Sendable, Equatable {
        let names: Set<String>

        /// Reads `MIEN_WEBHOOK_HOSTS`: names and addresses between commas.
        package init(_ text: String) {
            names = Set(
                text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map {
                    $0.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
                })
        }

        /// Those that are no name of a host and no address.
        package var wrong: [String] {
            names.filter { !WebhookTarget.isName($0) && !WebhookTarget.isAddress($0) }.sorted()
        }
    }

    /// Why a URL is not taken, and what would be.
    package struct Refusal: Error, Sendable, Equatable {
        package let message: String
    }

    /// Longer ones are not kept.
    package static let maxLength = 2_000

    /// Reads a URL.
    package init(_ text: String, allowed: AllowedHosts) throws(Refusal) {
        func refuse(_ message: String) -> Refusal { Refusal(message: message) }
        guard text.utf8.count <= Self.maxLength else { throw refuse("At most \(Self.maxLength) characters.") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw refuse("It takes printable ASCII without spaces and backslashes; escape others with “%”.")
        }
        guard let match = text.wholeMatch(of: /([A-Za-z]+):\/\/([^\/?#]*)([^#]*)(#.*)?/) else {
            throw refuse("It takes an address such as https://example.org/hook.")
        }
        let scheme = match.1.lowercased()
        guard ["https", "http"].contains(scheme) else { throw refuse("It takes https.") }
        guard match.4 == nil else { throw refuse("It takes no fragment (“#…”).") }
        guard !match.2.contains("@") else { throw refuse("It takes no user name and no password.") }
        guard let authority = match.2.wholeMatch(of: /(\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/) else {
            throw refuse("It takes the name of a host, and a port as a number if any.")
        }
        host = authority.1.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard Self.isAddress(host) || (!authority.1.hasPrefix("[") && Self.isName(host)) else {
            throw refuse("It takes a host's name, or an address as four decimal numbers or IPv6 in brackets.")
        }
        isAllowed = allowed.names.contains(host)
        isClearText = scheme == "http"
        guard !isClearText || isAllowed else {
            throw refuse("It takes https: what is sent in clear can be read and changed.")
        }
        if let port = authority.2 {
            guard let number = Int(port), (1...65_535).contains(number) else {
                throw refuse("A port is a number from 1 to 65535.")
            }
            // Below are mail, shells and the like, which a POST must not be made to speak to.
            guard isAllowed || number == 443 || number >= 1024 else {
                throw refuse("It takes the port 443, or one from 1024 on.")
            }
        }
        url = text
    }

    /// Labels between dots, of which the last is no number: 2130706433, 0x7f.1 and 127.1 are addresses to some programs.
    static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else { return false }
        guard labels.allSatisfy({ !$0.hasPrefix("-") && !$0.hasSuffix("-") && $0.utf8.allSatisfy(isNameByte) }) else {
            return false
        }
        guard let last = labels.last, let first = last.utf8.first else { return false }
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// An address in its one plain form, which inet_pton takes and every program reads alike.
    static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
}
