import Foundation
import Glibc
import NIOCore

/// Reads multipart/form-data (RFC 7578, RFC 2046 section 5.1) as it comes in, holding no more than a delimiter's length
/// of a part's content back.
///
/// Neither Hummingbird nor another Swift package that resolves here has a multipart parser.
struct MultipartParser {
    /// A part began, went on or ended.
    enum Event: Equatable {
        case part(name: String, fileName: String?)
        case content(ByteBuffer)
        case partEnd
    }

    /// A body that is no multipart form.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// A part's header lines together.
    static let maxHeaderBytes = 8 * 1024

    private enum State { case preamble, headers, content, betweenParts, ended }

    private let delimiter: [UInt8]
    private var buffer = ByteBuffer()
    private var state = State.preamble

    /// Creates a parser for the boundary of a Content-Type header.
    ///
    /// - Throws: `Malformed` when the header is not multipart/form-data with a boundary of 1 to 70 characters.
    init(contentType: String) throws(Malformed) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count)
        else { throw Malformed(description: "Send the form as multipart/form-data with a boundary.") }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very start, where its line break is missing.
        buffer.writeString("\r\n")
    }

    /// Whether the closing delimiter has been read.
    var isComplete: Bool { state == .ended }

    /// Takes the next bytes and returns what they complete.
    mutating func feed(_ bytes: ByteBuffer) throws(Malformed) -> [Event] {
        var events: [Event] = []
        if state == .ended { return events }  // The epilogue says nothing.
        buffer.writeImmutableBuffer(bytes)
        while let event = try step() { events += event }
        buffer.discardReadBytes()
        return events
    }

    /// One transition, or nil when more bytes are needed.
    private mutating func step() throws(Malformed) -> [Event]? {
        switch state {
        case .preamble:
            guard let index = find(delimiter) else {
                buffer.moveReaderIndex(forwardBy: max(0, buffer.readableBytes - delimiter.count))
                return nil
            }
            buffer.moveReaderIndex(forwardBy: index + delimiter.count)
            state = .betweenParts
            return []
        case .betweenParts: return try stepBetweenParts()
        case .headers: return try stepHeaders()
        case .content: return stepContent()
        case .ended: return nil
        }
    }

    private mutating func stepBetweenParts() throws(Malformed) -> [Event]? {
        guard let next = buffer.getBytes(at: buffer.readerIndex, length: 2) else { return nil }
        if next == Array("--".utf8) {
            state = .ended
            return nil
        }
        // RFC 2046 lets white space stand between the delimiter and its line break.
        guard let index = find(Array("\r\n".utf8)) else {
            if buffer.readableBytes > 256 { throw Malformed(description: "The form's delimiter line is too long.") }
            return nil
        }
        let padding = buffer.readBytes(length: index) ?? []
        guard padding.allSatisfy({ $0 == 32 || $0 == 9 }) else {
            throw Malformed(description: "The form's delimiter line is damaged.")
        }
        state = .headers
        return []
    }

    private mutating func stepHeaders() throws(Malformed) -> [Event]? {
        // The line break before the first header still stands in the buffer, so an empty header block is found too.
        guard let index = find(Array("\r\n\r\n".utf8)) else {
            if buffer.readableBytes > Self.maxHeaderBytes {
                throw Malformed(description: "A part's headers are too long.")
            }
            return nil
        }
        guard index <= Self.maxHeaderBytes, let text = buffer.readString(length: index) else {
            throw Malformed(description: "A part's headers are too long.")
        }
        buffer.moveReaderIndex(forwardBy: 4)
        let lines = text.split(separator: "\r\n")
        guard let disposition = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
            let name = Self.parameter("name", of: String(disposition))
        else { throw Malformed(description: "A part of the form has no name.") }
        state = .content
        return [.part(name: name, fileName: Self.parameter("filename", of: String(disposition)))]
    }

    private mutating func stepContent() -> [Event]? {
        let end = find(delimiter)
        // Without a delimiter in sight, all but what could be the start of one is content.
        let length = end ?? max(0, buffer.readableBytes - delimiter.count)
        let content = buffer.readSlice(length: length).flatMap { $0.readableBytes > 0 ? $0 : nil }
        if end != nil {
            buffer.moveReaderIndex(forwardBy: delimiter.count)
            state = .betweenParts
            return (content.map { [.content($0)] } ?? []) + [.partEnd]
        }
        return content.map { [.content($0)] }
    }

    /// The offset of `pattern` from the reader index.
    private func find(_ pattern: [UInt8]) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var offset = 0
            // Every pattern begins with a carriage return, which is rare in photos.
            while bytes.count - offset >= pattern.count,
                let found = memchr(base + offset, Int32(pattern[0]), bytes.count - offset - pattern.count + 1)
            {
                let index = UnsafeRawPointer(found) - base
                if memcmp(found, pattern, pattern.count) == 0 { return index }
                offset = index + 1
            }
            return nil
        }
    }

    /// A parameter of a header such as `form-data; name="photo"; filename="a.jpg"`.
    ///
    /// Browsers write a quotation mark in a value as `%22`, other clients as `\"`; both are understood.
    static func parameter(_ name: String, of header: String) -> String? {
        var rest = header[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals].lowercased()
            rest = rest[rest.index(after: equals)...]
            let value = readValue(&rest)
            if key == name { return value }
        }
        return nil
    }

    private static func readValue(_ rest: inout Substring) -> String {
        guard rest.first == "\"" else {
            let end = rest.firstIndex(of: ";") ?? rest.endIndex
            defer { rest = rest[end...] }
            return rest[..<end].trimmingCharacters(in: .whitespaces)
        }
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(next)
                rest.removeFirst()
            } else {
                value.append(character)
            }
        }
        return value.replacing("%22", with: "\"").replacing("%0D%0A", with: " ")
    }
}
