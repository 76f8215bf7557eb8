import Glibc

/// TCP ports of 127.0.0.1.
public enum LocalPort {
    /// A port that nobody uses at this moment.
    ///
    /// It lies below those that the kernel gives to outgoing connections (`ip_local_port_range`), so that none of them takes
    /// the port of a server that is to be started again.
    public static func free() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 20_000..<32_000)
            if try isFree(port) { return port }
        }
        throw ChildProcessError("no free port in 100 tries")
    }

    private static func isFree(_ port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ChildProcessError("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = loopback(port: port)
        return withAddress(&address) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } == 0
    }

    /// Whether somebody listens there.
    public static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return connect(descriptor, to: port)
    }

    /// Connects a socket; whether somebody listens there.
    public static func connect(_ descriptor: Int32, to port: Int) -> Bool {
        var address = loopback(port: port)
        return withAddress(&address) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } == 0
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func withAddress<R>(_ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> R) -> R
    {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
