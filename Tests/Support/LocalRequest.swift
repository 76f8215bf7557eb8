import Foundation
import Glibc

/// A request to a server on 127.0.0.1, whose answer is taken as it comes: no redirect is followed. It blocks for a moment.
enum LocalRequest {
    struct Answer {
        let status: Int
        /// By their names in small letters.
        let headers: [String: String]
        let body: String
    }

    static func send(_ method: String, _ target: String, type: String, _ body: String, to port: Int) throws -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard LocalPort.connect(descriptor, to: port) else { throw ChildProcessError("nobody listens on port \(port)") }
        let text = """
            \(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nContent-Type: \(type)\r
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """
        _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer.prefix(count) }
        let parts = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        let lines = parts[0].components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw ChildProcessError("no answer from port \(port)")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces) }
        }
        return Answer(status: status, headers: headers, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }
}
