package import Transfers

/// Which addresses a stranger's URL may lead to: those of the public internet, and nothing that is near.
///
/// What is refused are the blocks that IANA lists as not globally reachable (RFC 6890), and the IPv6 blocks that carry an IPv4
/// address inside, by which one of those could be reached: mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96, 64:ff9b:1::/48), 6to4
/// (2002::/16) and Teredo (2001::/32).
package enum AddressRules {
    /// Whether an address is one of the public internet.
    package static func isPublic(_ address: SocketAddress) -> Bool {
        switch address {
        case .four(let number): isPublic(four: number)
        case .six(let bytes): isPublic(six: bytes)
        case .other: false
        }
    }

    /// Networks of IPv4 that are not called, each with the length of its prefix.
    private static let nearFour: [(network: UInt32, length: UInt32)] = [
        (0x0000_0000, 8),  // 0.0.0.0/8: this host
        (0x0A00_0000, 8),  // 10.0.0.0/8: private
        (0x6440_0000, 10),  // 100.64.0.0/10: a provider's own
        (0x7F00_0000, 8),  // 127.0.0.0/8: loopback
        (0xA9FE_0000, 16),  // 169.254.0.0/16: link-local, where clouds keep their metadata
        (0xAC10_0000, 12),  // 172.16.0.0/12: private
        (0xC000_0000, 24),  // 192.0.0.0/24: protocols
        (0xC000_0200, 24),  // 192.0.2.0/24: documentation
        (0xC058_6300, 24),  // 192.88.99.0/24: 6to4 relays
        (0xC0A8_0000, 16),  // 192.168.0.0/16: private
        (0xC612_0000, 15),  // 198.18.0.0/15: benchmarks
        (0xC633_6400, 24),  // 198.51.100.0/24: documentation
        (0xCB00_7100, 24),  // 203.0.113.0/24: documentation
        (0xE000_0000, 4),  // 224.0.0.0/4: multicast
        (0xF000_0000, 4),  // 240.0.0.0/4: reserved, broadcast
    ]

    private static func isPublic(four address: UInt32) -> Bool {
        !nearFour.contains { (address ^ $0.network) >> (32 - $0.length) == 0 }
    }

    /// Only 2000::/3 is given out (RFC 4291, 2.4); so loopback, mapped, NAT64, unique local, link-local, site-local and multicast
    /// addresses are none of it.
    private static func isPublic(six bytes: [UInt8]) -> Bool {
        guard bytes[0] >> 5 == 0b001 else { return false }
        let (first, second) = (UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
        switch first {
        // 2001::/23: Teredo, benchmarks, ORCHID; 2001:db8::/32: documentation.
        case 0x2001: return second >= 0x0200 && second != 0x0DB8
        case 0x2002: return false
        // 3fff::/20: documentation.
        case 0x3FFF: return second >= 0x1000
        default: return true
        }
    }
}
