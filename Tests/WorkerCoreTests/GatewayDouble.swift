import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

@testable import WorkerCore

/// The gateway's side of claims and pictures, on a free port of 127.0.0.1: it answers as told, and remembers who asked.
final class GatewayDouble: Sendable {
    /// What a claim is answered with.
    enum Answer: Sendable {
        case photo([UInt8])
        case photoWithoutAttempt([UInt8])
        case status(UInt)
        /// The same when that time is over.
        case late(UInt, after: TimeAmount)
        /// The connection stays open, and nothing comes.
        case nothing
        /// The photo, in ten pieces over so long.
        case slowly([UInt8], over: TimeAmount)
        /// The head of a photo, and then a byte of it every tenth of a second, without end.
        case trickle
    }

    /// A claim that was made.
    struct Claim: Sendable, Equatable {
        let analysisID: String
        let worker: String
        let authorization: String
    }

    /// Pictures that were handed over, or tried to be.
    struct HandOver: Sendable {
        let claim: Claim
        /// The address' last part.
        let path: String
        let attempt: String
        let contentType: String
        let form: ByteBuffer
    }

    private struct State {
        var answers: [String: [Answer]] = [:]
        var usual: Answer
        var claims: [Claim] = []
        /// Of each analysis: the claims that count.
        var counted: [String: Set<String>] = [:]
        var pictures: [String: [Answer]] = [:]
        var handOvers: [HandOver] = []
        var channel: (any Channel)?
        var port = 0
    }

    private let state: Mutex<State>

    private init(usual: Answer) {
        state = Mutex(State(usual: usual))
    }

    /// Starts one that answers claims with `usual`, unless it is told otherwise.
    static func start(answering usual: Answer) async throws -> GatewayDouble {
        let gateway = GatewayDouble(usual: usual)
        try await gateway.listen()
        return gateway
    }

    var url: URL { URL(string: "http://127.0.0.1:\(state.withLock { $0.port })")! }
    var claims: [Claim] { state.withLock { $0.claims } }
    var handOvers: [HandOver] { state.withLock { $0.handOvers } }

    /// Answers the pictures of one analysis with these, one after the other, and the last one from then on. Otherwise they are
    /// taken.
    func answerPictures(_ analysisID: String, with answers: Answer...) {
        state.withLock { $0.pictures[analysisID] = answers }
    }

    /// Answers the claims of one analysis with these, one after the other, and the last one from then on.
    func answer(_ analysisID: String, with answers: Answer...) {
        state.withLock { $0.answers[analysisID] = answers }
    }

    func answerEverything(with usual: Answer) {
        state.withLock { $0.usual = usual }
    }

    /// Listens, again at the same port after `goAway`.
    func listen() async throws {
        let port = state.withLock { $0.port }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(ClaimHandler(gateway: self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        state.withLock {
            $0.channel = channel
            $0.port = channel.localAddress?.port ?? 0
        }
    }

    /// Refuses connections from now on; those that are open are closed with their next claim.
    func goAway() async throws {
        let channel = state.withLock { state in
            defer { state.channel = nil }
            return state.channel
        }
        try await channel?.close()
    }

    fileprivate func isAway() -> Bool { state.withLock { $0.channel == nil } }

    fileprivate func answer(_ head: HTTPRequestHead, _ body: ByteBuffer) -> (answer: Answer, attempt: Int) {
        let path = head.uri.split(separator: "/").map(String.init)
        let claim = Claim(
            analysisID: path.count > 1 ? path[1] : "",
            worker: head.headers.first(name: "Mien-Worker") ?? "",
            authorization: head.headers.first(name: "Authorization") ?? "")
        if head.method == .PUT { return answer(claim, head, body) }
        return state.withLock { state in
            state.claims.append(claim)
            let number = state.claims.count { $0.analysisID == claim.analysisID }
            let attempts = state.counted[claim.analysisID, default: []]
                .union([head.headers.first(name: "Mien-Claim") ?? "\(number)"])
            state.counted[claim.analysisID] = attempts
            guard let answers = state.answers[claim.analysisID], !answers.isEmpty else {
                return (state.usual, attempts.count)
            }
            return (answers[min(number, answers.count) - 1], attempts.count)
        }
    }

    private func answer(_ claim: Claim, _ head: HTTPRequestHead, _ form: ByteBuffer) -> (answer: Answer, attempt: Int) {
        state.withLock { state in
            state.handOvers.append(
                HandOver(
                    claim: claim, path: head.uri.split(separator: "/").last.map(String.init) ?? "",
                    attempt: head.headers.first(name: "Mien-Attempt") ?? "",
                    contentType: head.headers.first(name: "Content-Type") ?? "", form: form))
            let number = state.handOvers.count { $0.claim.analysisID == claim.analysisID }
            let answers = state.pictures[claim.analysisID] ?? [.status(204)]
            return (answers[min(number, answers.count) - 1], number)
        }
    }
}

/// Answers the requests of one connection.
private final class ClaimHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let gateway: GatewayDouble
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(gateway: GatewayDouble) {
        self.gateway = gateway
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var bytes): body.writeBuffer(&bytes)
        case .end:
            guard let head, !gateway.isAway() else { return context.close(promise: nil) }
            let (answer, attempt) = gateway.answer(head, body)
            let channel = context.channel
            switch answer {
            case .photo(let bytes): Self.write(.ok, bytes, ["Mien-Attempt": "\(attempt)"], channel)
            case .photoWithoutAttempt(let bytes): Self.write(.ok, bytes, [:], channel)
            case .status(let code): Self.write(.init(statusCode: Int(code)), [], [:], channel)
            case .late(let code, let time):
                channel.eventLoop.scheduleTask(in: time) { Self.write(.init(statusCode: Int(code)), [], [:], channel) }
            case .nothing: break
            case .slowly(let bytes, let time): Self.write(bytes, over: time, attempt, channel)
            case .trickle: Self.trickle(attempt, channel)
            }
        }
    }

    private static func write(_ bytes: [UInt8], over time: TimeAmount, _ attempt: Int, _ channel: any Channel) {
        let fields: HTTPHeaders = ["Mien-Attempt": "\(attempt)", "Content-Length": "\(bytes.count)"]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
        channel.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
        for piece in 0..<10 {
            let part = ByteBuffer(bytes: bytes[bytes.count * piece / 10..<bytes.count * (piece + 1) / 10])
            channel.eventLoop.scheduleTask(in: .nanoseconds(time.nanoseconds * Int64(piece + 1) / 10)) {
                channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(part)), promise: nil)
                if piece == 9 { channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil) }
            }
        }
    }

    private static func trickle(_ attempt: Int, _ channel: any Channel) {
        let fields: HTTPHeaders = ["Mien-Attempt": "\(attempt)", "Content-Length": "100000"]
        channel.write(
            HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)), promise: nil
        )
        let byte = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: [0xFF])))
        let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) { _ in
            channel.writeAndFlush(byte, promise: nil)
        }
        channel.closeFuture.whenComplete { _ in task.cancel() }
    }

    private static func write(
        _ status: HTTPResponseStatus, _ body: [UInt8], _ headers: [String: String], _ channel: any Channel
    ) {
        var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        fields.add(name: "Content-Length", value: "\(body.count)")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }
}
