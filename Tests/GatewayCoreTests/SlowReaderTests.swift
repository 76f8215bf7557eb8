import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import GatewayCore

/// Clients that do not read what they have asked for, and those that do so slowly.
@Suite struct SlowReaderTests {
    /// A connection as the server sees it, which takes no more until it is said to.
    private func fullConnection() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: SlowReaderHandler(patience: .seconds(60)))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        set(channel, isWritable: false)
        return channel
    }

    private func set(_ channel: EmbeddedChannel, isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test func aConnectionThatTakesNothingIsClosed() throws {
        let channel = try fullConnection()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func oneThatTakesALittleNowAndThenLives() throws {
        let channel = try fullConnection()
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(50))
            try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(repeating: 0, count: 1000)))
        }
        #expect(channel.isActive)
        set(channel, isWritable: true)
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        #expect(channel.isActive, "it waits for the server, not the server for it")
    }

    @Test func aLargePartGoesOutInPiecesAndWhole() throws {
        let channel = EmbeddedChannel(handler: SlowReaderHandler(patience: .seconds(60)))
        let photo = ByteBuffer(bytes: (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
        try channel.writeOutbound(HTTPResponsePart.body(photo))
        var (pieces, whole) = (0, ByteBuffer())
        while case .body(var piece)? = try channel.readOutbound(as: HTTPResponsePart.self) {
            pieces += 1
            whole.writeBuffer(&piece)
        }
        #expect(pieces == 4 && whole == photo)
    }

    private static func request(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" }
    private static let photo = ByteBuffer(repeating: 7, count: 40 << 20)

    /// The product's own server, with an answer that never ends and one that is long.
    private func serve(
        patience: TimeAmount, ended: AsyncStream<Void>.Continuation,
        _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let router = Router(context: GatewayContext.self)
        router.get("/endless") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    defer { ended.yield() }
                    while true { try await writer.write(ByteBuffer(repeating: 0, count: 32_768)) }
                })
        }
        router.get("/photo") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: Self.photo)) }
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, server: Gateway.server(readingPatience: patience),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Ended by being cancelled, which it may tell of or not.
            group.addTask { try? await application.run() }
            try await body(try #require(await ports.first { _ in true }))
            group.cancelAll()
        }
    }

    @Test(.timeLimit(.minutes(1))) func whoDoesNotReadTheirAnswersLosesTheConnection() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await serve(patience: .milliseconds(500), ended: end) { port in
            let connection = try RawConnection(to: port)
            connection.send(Self.request("/endless"))
            await ended.first { true }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aSlowReaderGetsAllOfALongAnswer() async throws {
        try await serve(patience: .seconds(1), ended: AsyncStream<Void>.makeStream().continuation) { port in
            let connection = try RawConnection(to: port)
            connection.send(Self.request("/photo"))
            let begin = ContinuousClock.now
            var read = 0
            while read < Self.photo.readableBytes, let count = connection.read(upTo: 256 * 1024) {
                read += count
                try await Task.sleep(for: .milliseconds(25))
            }
            #expect(read >= Self.photo.readableBytes)
            #expect(ContinuousClock.now - begin > .seconds(2), "it was not slow")
        }
    }
}
