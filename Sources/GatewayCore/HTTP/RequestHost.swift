import HTTPTypes
import Hummingbird

extension Request {
    /// Every host that the request names. NIOHTTPTypes makes the Host field the authority where it is the first field of all,
    /// and leaves it among the others where it stands later, as some clients and proxies send it.
    var hosts: [String] {
        [head.authority].compactMap(\.self) + headers[values: Self.hostField]
    }

    /// The host that the request is for, with its port; nil where it names none.
    var host: String? { hosts.first }

    private static let hostField = HTTPField.Name("Host")!
}
