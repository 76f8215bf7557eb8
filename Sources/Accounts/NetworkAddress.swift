import Glibc

/// Addresses of clients, as PostgreSQL's inet reads them.
enum NetworkAddress {
    /// An address as inet takes it; nil for what is none, such as the name of a socket's file. An IPv4 address that came
    /// over an IPv6 socket counts as what it is.
    static func address(_ text: String) -> String? {
        mapped(text) ?? (bits(text) == nil ? nil : text)
    }

    /// An IPv4 address as an IPv6 socket shows it; nil for all others. Ranges that were kept before ``range(_:)`` translated them are
    /// written so.
    static func mapped(from text: String) -> String? {
        guard let plain = address(text), !plain.contains(":") else { return nil }
        return "::ffff:\(plain)"
    }

    /// An IPv4 address, or the first 64 bits of one of IPv6; nil for what is none.
    static func network(of text: String) -> String? {
        guard let plain = address(String(text.prefix { $0 != "%" })) else { return nil }
        var six = in6_addr()
        guard inet_pton(AF_INET6, plain, &six) == 1 else { return plain }
        let bytes = withUnsafeBytes(of: six) { Array($0.prefix(8)) }
        let groups = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        return groups.joined(separator: ":") + "::/64"
    }

    /// An address, or one with the length of its prefix, as inet takes it; nil for what is none. One of IPv4 that is written as an IPv6
    /// socket shows it (`::ffff:192.0.2.0/120`) becomes what it is, as that of a client does: it would never contain one.
    static func range(_ text: String) -> String? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = String(parts[0])
        guard let bits = bits(address) else { return nil }
        var length: Int?
        if parts.count == 2 {
            guard let number = Int(parts[1]), "\(number)" == parts[1], (0...bits).contains(number) else { return nil }
            length = number
        }
        guard length ?? bits >= 96, let four = mapped(address) else { return text }
        return length.map { "\(four)/\($0 - 96)" } ?? four
    }

    /// The IPv4 address that one of IPv6 stands for (RFC 4291, 2.5.5.2); nil for all others.
    private static func mapped(_ text: String) -> String? {
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        guard bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF else { return nil }
        return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
    }

    /// 32 or 128; nil for what is no address.
    private static func bits(_ text: String) -> Int? {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return 32 }
        return inet_pton(AF_INET6, text, &six) == 1 ? 128 : nil
    }
}
