import Foundation
import Glibc
import Synchronization

/// A receiver of webhooks on 127.0.0.1, of the tests' own: it keeps what it is sent, and answers as it is told.
package final class Receiver: Sendable {
    package struct Message: Sendable, Equatable {
        /// What was asked for: the path with its query.
        package let target: String
        package let headers: [String: String]
        package let body: String

        package var id: String { headers["webhook-id"] ?? "" }
        package var event: String {
            let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            return object?["type"] as? String ?? ""
        }
    }
    package struct Answer: Sendable {
        package var status = 204
        package var headers = ""
        package var body = ""

        package init(status: Int = 204, headers: String = "", body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    package let port: Int
    private let descriptor: Int32
    private let state = Mutex<[Message]>([])
    private let answer: @Sendable (Message) -> Answer

    /// - Parameter answer: asked on a thread of the request's own, so it may wait.
    package init(_ answer: @escaping @Sendable (Message) -> Answer = { _ in Answer() }) throws {
        self.answer = answer
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        // The thread ends with the socket.
        Thread { [weak self] in
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                Thread { [weak self] in
                    self?.serve(connection)
                    close(connection)
                }.start()
            }
        }.start()
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    package var url: String { "http://127.0.0.1:\(port)/hook" }

    /// In the order of their coming.
    package var messages: [Message] { state.withLock { $0 } }

    private func serve(_ connection: Int32) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let message = Self.message(bytes) {
                state.withLock { $0.append(message) }
                let answer = answer(message)
                let text = """
                    HTTP/1.1 \(answer.status) Answer\r\n\(answer.headers)Content-Length: \(answer.body.utf8.count)\r
                    Connection: close\r\n\r\n\(answer.body)
                    """
                _ = send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
                return
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer.prefix(count)
        }
    }

    /// The request, once all of it is there.
    private static func message(_ bytes: [UInt8]) -> Message? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        var headers: [String: String] = [:]
        let target = text.split(separator: " ", maxSplits: 2).dropFirst().first.map(String.init) ?? ""
        for line in text[..<end.lowerBound].components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        let body = String(text[end.upperBound...])
        guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
        return Message(target: target, headers: headers, body: body)
    }
}
