import Glibc

/// Addresses of clients, as PostgreSQL's inet reads them.
enum NetworkAddress {
    /// An address as inet takes it; nil for what is none, such as the name of a socket's file. An IPv4 address that came
    /// over an IPv6 socket counts as what it is.
    static func address(_ text: String) -> String? {
        let mapped = "::ffff:"
        let plain = text.lowercased().hasPrefix(mapped) ? String(text.dropFirst(mapped.count)) : text
        return bits(plain) == nil ? nil : plain
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

    /// Whether it is an address, or one with the length of its prefix.
    static func isRange(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bits = bits(String(parts[0])) else { return false }
        guard parts.count == 2 else { return true }
        guard let length = Int(parts[1]), "\(length)" == parts[1] else { return false }
        return (0...bits).contains(length)
    }

    /// 32 or 128; nil for what is no address.
    private static func bits(_ text: String) -> Int? {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return 32 }
        return inet_pton(AF_INET6, text, &six) == 1 ? 128 : nil
    }
}
