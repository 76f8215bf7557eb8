import SwiftProtobuf

extension Mien_V1_Drawing {
    /// The most faces that a person marks in one photo.
    public static var maximumMarked: Int { 50 }
    /// The most bytes that a drawn picture has.
    public static var maximumPictureBytes: Int { 64 << 20 }

    /// Reads and checks one.
    ///
    /// - Throws: ``ContractError`` with code `malformed`.
    public static func decode(_ bytes: [UInt8]) throws(ContractError) -> Self {
        let drawing: Self
        do {
            drawing = try Self(serializedBytes: bytes)
        } catch {
            throw .malformed("The \(bytes.count) bytes are no \(protoMessageName): \(error)")
        }
        try drawing.validate()
        return drawing
    }

    /// Writes it, after the checks that its reader will make.
    public func encode() throws(ContractError) -> [UInt8] {
        try validate()
        do {
            return try serializedBytes()
        } catch {
            throw .malformed("This \(Self.protoMessageName) cannot be written: \(error)")
        }
    }

    /// Whether it is drawn on the photo's clean picture.
    public var isOnCleanPicture: Bool { width != 0 || height != 0 }

    private func validate() throws(ContractError) {
        try Check.that([0, 90, 180, 270].contains(rotation), "rotation is no multiple of 90 below 360.")
        if isOnCleanPicture {
            try Check.number(width, "width", 1...50_000_000)
            try Check.number(height, "height", 1...50_000_000)
        }
        let most = Mien_V1_Analysis.maximumFaces + Self.maximumMarked
        try Check.that(faces.count <= most, "There are more than \(most) faces.")
        for face in faces { try face.validate() }
    }
}

extension Mien_V1_Task {
    /// Under which name, below its photo's address, a worker claims what it draws and hands the picture over; nil of a task that
    /// draws nothing, and of one that this release does not know.
    public var drawingPath: String? {
        switch self {
        case .draw: "drawing"
        case .annotate: "annotated"
        case .unspecified, .UNRECOGNIZED: nil
        }
    }
}
