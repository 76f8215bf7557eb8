import Blocking
import Glibc
import Synchronization
import Transfers

/// Asks where names lead before an endpoint is kept, so that its owner learns at once that it would never be called.
///
/// What decides is the connection itself, which asks ``AddressRules`` again: a name may lead elsewhere by then.
package struct HostLookup: Sendable {
    /// getaddrinfo waits for name servers, which may be strangers': several, so that a slow one holds up fewer.
    private let lines = (0..<4).map { _ in Line() }
    private let turn = Turn()

    package init() {}

    /// What is wrong with a host's addresses; nil when all of them are public.
    package func problem(withHost host: String) async -> String? {
        await lines[turn.next() % lines.count].problem(withHost: host)
    }

    private actor Line {
        private nonisolated let executor = BlockingExecutor(label: "names")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func problem(withHost host: String) -> String? {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, nil, &hints, &list)
            guard code == 0 else {
                return "“\(host.prefix(100))” was not found: \(String(cString: gai_strerror(code)))."
            }
            defer { freeaddrinfo(list) }
            var next = list
            while let entry = next {
                guard let address = entry.pointee.ai_addr, AddressRules.isPublic(SocketAddress(at: address)) else {
                    return "“\(host.prefix(100))” leads to a private, local or reserved address, which is not called."
                }
                next = entry.pointee.ai_next
            }
            return nil
        }
    }
}

/// Which line is asked next.
private final class Turn: Sendable {
    private let number = Atomic<Int>(0)

    func next() -> Int { number.add(1, ordering: .relaxed).newValue & Int.max }
}
