import Contracts
import Hummingbird
import NIOCore

/// Reads the form in which a worker hands the pictures of a photo over, and no more of it than pictures may have.
struct PicturesReader: Sendable {
    /// Why pictures are not taken.
    enum Refusal: Error, Equatable {
        /// They are not what a worker sends; sent again, they would be no other.
        case unfit(String)
        case tooSlow
    }

    /// All pictures with the form around them.
    private static let maximumBytes = Pictures.Kind.allCases.reduce(16 * 1_024) { $0 + $1.maximumBytes }

    /// The pictures, each checked.
    ///
    /// - Throws: ``Refusal``, or what the connection broke with.
    func read(_ request: Request) async throws -> Pictures {
        try await withThrowingTaskGroup(of: Pictures.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await Self.parse(request) }
            group.addTask {
                try await Task.sleep(for: .transfer(of: min(request.byteCount, Self.maximumBytes)))
                throw Refusal.tooSlow
            }
            guard let pictures = try await group.next() else { throw Refusal.tooSlow }
            return pictures
        }
    }

    private static func parse(_ request: Request) async throws -> Pictures {
        var form = Form()
        do {
            var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "")
            var total = 0
            for try await bytes in request.body {
                total += bytes.readableBytes
                guard total <= maximumBytes else { throw Refusal.unfit("The form is too large.") }
                for event in try parser.feed(bytes) { try form.take(event) }
            }
            guard parser.isComplete else { throw Refusal.unfit("The form ends too early.") }
            let pictures = form.pictures
            try pictures.validate()
            return pictures
        } catch let error as MultipartParser.Malformed {
            throw Refusal.unfit(error.description)
        } catch let error as ContractError {
            throw Refusal.unfit(error.reason)
        }
    }

    /// What was read so far.
    private struct Form {
        private var buffers: [Pictures.Kind: ByteBuffer] = [:]
        private var part: Pictures.Kind?

        var pictures: Pictures { Pictures(buffers.mapValues { Array($0.readableBytesView) }) }

        mutating func take(_ event: MultipartParser.Event) throws(Refusal) {
            switch event {
            case .part(let name, _):
                // Parts that a later worker may add are passed over.
                part = Pictures.Kind(rawValue: name)
                guard let part else { return }
                guard buffers.updateValue(ByteBuffer(), forKey: part) == nil else {
                    throw .unfit("\(name) came twice.")
                }
            case .content(let bytes):
                guard let part else { return }
                buffers[part, default: ByteBuffer()].writeImmutableBuffer(bytes)
                guard buffers[part]?.readableBytes ?? 0 <= part.maximumBytes else {
                    throw .unfit("\(part.rawValue) is too large.")
                }
            case .partEnd: part = nil
            }
        }
    }
}
