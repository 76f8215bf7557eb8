import Glibc

/// An address that a connection goes to.
public enum SocketAddress: Sendable, Equatable {
    /// IPv4, the first byte in the highest bits.
    case four(UInt32)
    /// IPv6, its 16 bytes.
    case six([UInt8])
    case other

    /// - Parameter pointer: to a `sockaddr` of whichever family, as long as that family's is.
    public init(at pointer: UnsafeRawPointer) {
        switch Int32(pointer.load(as: sa_family_t.self)) {
        case AF_INET: self = .four(UInt32(bigEndian: pointer.load(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            self = .six(withUnsafeBytes(of: pointer.load(as: sockaddr_in6.self).sin6_addr) { Array($0) })
        default: self = .other
        }
    }
}
