// QRCodes: a text as a picture for a phone's camera. libqrencode does the code (ISO/IEC 18004).

import CQRencode

/// The modules, the small squares, of a QR code.
package struct QRCode: Sendable, Equatable {
    /// Modules on each side, without the quiet zone around them.
    package let size: Int
    /// Row by row; true is dark.
    package let modules: [Bool]

    /// The empty modules that ISO/IEC 18004 wants on every side.
    package static let quietZone = 4

    /// Encodes a text in the smallest size that holds it, with error correction M: a seventh of it may be unreadable.
    ///
    /// It takes microseconds and waits for nothing.
    /// - Parameter text: up to 2,331 bytes of UTF-8, without U+0000.
    /// - Returns: nil when it is empty or does not fit.
    package init?(_ text: String) {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        size = Int(code.pointee.width)
        // The lowest bit of a module's byte is its colour; the others say what it is for (qrencode.h, QRcode).
        modules = UnsafeBufferPointer(start: code.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// The dark modules as the data of an SVG path, a rectangle for each run in a row; the unit is a module, and the quiet
    /// zone is part of it.
    package var path: String {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                guard modules[row * size + column] else {
                    column += 1
                    continue
                }
                let start = column
                while column < size, modules[row * size + column] { column += 1 }
                path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(column - start)v1h-\(column - start)z"
            }
        }
        return path
    }
}
