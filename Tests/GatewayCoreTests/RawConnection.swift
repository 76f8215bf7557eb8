import Glibc
import TestSupport
import Testing

/// A connection to this machine on which a test writes what it wants, with a small buffer for what it is sent.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(to port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var size: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        try #require(LocalPort.connect(descriptor, to: port))
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
    }

    /// How many bytes there were; nil when the connection has ended. It does not wait for any.
    func read(upTo limit: Int) -> Int? {
        var total = 0
        while total < limit {
            guard let bytes = receive() else { return nil }
            if bytes.isEmpty { break }
            total += bytes.count
        }
        return total
    }

    /// Everything that comes until the connection ends.
    func readToEnd() async throws -> String {
        var all: [UInt8] = []
        while let bytes = receive() {
            all += bytes
            if bytes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// What is there, which may be nothing; nil when the connection has ended.
    private func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN { return [] }
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}
