import Foundation

/// The pictures that a worker makes of a photo, each a JPEG.
///
/// They are handed over and not carried: a worker PUTs them to the gateway, as a form with a part for each of
/// them, and then publishes a result without them.
public struct Pictures: Equatable, Sendable {
    /// Which of them; the raw values name the parts of the form.
    public enum Kind: String, CaseIterable, Sendable {
        /// With boxes and labels drawn. Only gateways from before it was drawn on demand want it.
        case annotated
        /// The photo upright, for pages.
        case clean
        /// Small, for lists.
        case thumbnail

        /// The most bytes that one may have: what a result had room for when it carried them. Those that a worker draws stay far
        /// below (`Preview` in Vision).
        public var maximumBytes: Int { self == .thumbnail ? 100_000 : 1_000_000 }
    }

    private var bytes: [Kind: [UInt8]]

    /// Pictures that were not looked at yet.
    public init(_ bytes: [Kind: [UInt8]] = [:]) {
        self.bytes = bytes
    }

    /// One of them; empty where it is missing.
    public subscript(kind: Kind) -> [UInt8] {
        get { bytes[kind] ?? [] }
        set { bytes[kind] = newValue }
    }

    /// All of them together.
    public var byteCount: Int { bytes.values.reduce(0) { $0 + $1.count } }

    /// Those that are here.
    public var kinds: [Kind] { Kind.allCases.filter { !self[$0].isEmpty } }

    /// Checks that each is there, but for the annotated one, is a JPEG from its first byte to its last, and within its limit.
    public func validate() throws(ContractError) {
        for kind in Kind.allCases where kind != .annotated || !self[kind].isEmpty {
            let picture = self[kind]
            guard picture.count <= kind.maximumBytes else {
                throw .tooLarge(bytes: picture.count, limit: kind.maximumBytes)
            }
            try Check.jpeg(Data(picture), kind.rawValue)
            // The marker EOI (ITU-T T.81, B.1.1.3): without it the picture was cut off on its way.
            try Check.that(picture.suffix(2) == [0xFF, 0xD9], "\(kind.rawValue) is cut off.")
        }
    }
}

extension Mien_V1_Analysis {
    /// The pictures in the message.
    public var pictures: Pictures {
        Pictures([.annotated: [UInt8](annotated), .clean: [UInt8](clean), .thumbnail: [UInt8](thumbnail)])
    }

    /// Whether the pictures were handed to the gateway: then none is in the message.
    public var isHandedOver: Bool { annotated.isEmpty && clean.isEmpty && thumbnail.isEmpty }

    /// Takes the pictures out, once they are handed over.
    public mutating func removePictures() {
        annotated = Data()
        clean = Data()
        thumbnail = Data()
    }
}
