extension FixedWidthInteger {
    /// A number from exactly its bytes, most significant first.
    init?(networkBytes bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self.init(bigEndian: bytes.loadUnaligned(as: Self.self))
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Reads any integer type, or a `numeric` without a fraction (`sum(bigint)` is one), if the value fits.
    public static func decode(_ cell: PostgresCell) throws -> Self {
        let value: Int64
        switch cell.type {
        case .int2: value = try cell.read { Int16(networkBytes: $0).map(Int64.init) }
        case .int4: value = try cell.read { Int32(networkBytes: $0).map(Int64.init) }
        case .int8: value = try cell.read { Int64(networkBytes: $0) }
        case .numeric: value = try cell.read { PostgresNumeric.decimalText(of: $0).flatMap { Int64($0) } }
        default: throw cell.mismatch(Self.self)
        }
        guard let fitting = Self(exactly: value) else {
            throw cell.failure("holds a number too great for \(Self.self)")
        }
        return fitting
    }
}

extension Int: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}

extension Double: PostgresDecodable {
    /// Reads any number; of a `numeric` or a great `bigint`, the nearest `Double`.
    public static func decode(_ cell: PostgresCell) throws -> Double {
        switch cell.type {
        case .float8: try cell.read { UInt64(networkBytes: $0).map(Double.init(bitPattern:)) }
        case .float4: try cell.read { UInt32(networkBytes: $0).map { Double(Float(bitPattern: $0)) } }
        case .numeric: try cell.read { PostgresNumeric.decimalText(of: $0).flatMap { Double($0) } }
        case .int2, .int4, .int8: Double(try Int64.decode(cell))
        default: throw cell.mismatch(Double.self)
        }
    }
}

/// `numeric` on the wire: digits to the base of 10,000 with a weight, a sign and the number of decimals to show.
enum PostgresNumeric {
    /// The digits that PostgreSQL itself would print; `nil` when the bytes are not of the format of `numeric_send`.
    static func decimalText(of bytes: UnsafeRawBufferPointer) -> String? {
        let words = stride(from: 0, to: bytes.count - 1, by: 2).map {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self))
        }
        guard words.count >= 4, words.count == 4 + Int(words[0]) else { return nil }
        switch words[2] {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        let weight = Int(Int16(bitPattern: words[1]))
        let decimals = Int(words[3])
        /// The group of four digits that counts multiples of 10,000 to the power of `power`.
        func group(_ power: Int) -> String {
            let index = weight - power
            let value = (0..<Int(words[0])).contains(index) ? words[4 + index] : 0
            return String(repeating: "0", count: 4 - String(value).count) + String(value)
        }
        let whole = weight < 0 ? "0" : stride(from: weight, through: 0, by: -1).map(group).joined()
        var text = words[2] == 0x4000 ? "-" : ""
        text += whole.drop { $0 == "0" }.isEmpty ? "0" : String(whole.drop { $0 == "0" })
        if decimals > 0 {
            let groups = (1...(decimals + 3) / 4).map { group(-$0) }
            text += "." + groups.joined().prefix(decimals)
        }
        return text
    }
}
